// Figures: the server sends them as JSON; Plotly, loaded when the first one is seen, draws them in the page's colours.
const library = () =>
  (window.tpPlotly ??= new Promise((loaded, failed) => {
    const tag = document.createElement("script");
    tag.src = element.querySelector("[data-library]").dataset.library;
    tag.onload = () => loaded(window.Plotly);
    tag.onerror = failed;
    document.head.append(tag);
  }));

const holders = () => [...element.querySelectorAll("[data-figure]")];

function layout(figure, ink) {
  const found = structuredClone(figure.layout);
  found.font = { ...found.font, color: ink };
  found.paper_bgcolor = found.plot_bgcolor = "rgba(0,0,0,0)";
  for (const axis of Object.keys(found).filter((name) => /^[xy]axis/.test(name)))
    found[axis] = { ...found[axis], gridcolor: "rgba(128,128,128,0.25)", zerolinecolor: "rgba(128,128,128,0.5)" };
  return found;
}

async function draw() {
  if (!holders().length || !element.offsetWidth) return;
  const Plotly = await library();
  const ink = getComputedStyle(element.querySelector("[data-library]")).color;
  for (const holder of holders()) {
    const figure = JSON.parse(holder.dataset.figure);
    await Plotly.react(holder, figure.data, layout(figure, ink), { responsive: true, displayModeBar: false });
  }
}

element.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-save]");
  if (!button) return;
  const holder = button.closest("figure").querySelector("[data-figure]");
  const figure = JSON.parse(holder.dataset.figure);
  const onPaper = { ...layout(figure, "#111"), paper_bgcolor: "#fff", plot_bgcolor: "#fff" };
  const size = { format: button.dataset.save, width: 800, height: Math.round((800 * holder.offsetHeight) / holder.offsetWidth) };
  const picture = await (await library()).toImage({ data: figure.data, layout: onPaper }, { ...size, scale: 2 });
  Object.assign(document.createElement("a"), {
    href: picture,
    download: "thousand-prompts-" + holder.dataset.name + "." + button.dataset.save,
  }).click();
});

// A hidden tab has no width: draw when there is one, and again when it or the colours change.
let width = 0;
new ResizeObserver(() => {
  if (element.offsetWidth !== width) {
    width = element.offsetWidth;
    draw();
  }
}).observe(element);
new MutationObserver(draw).observe(document.body, { attributeFilter: ["class"] });
watch("value", draw);
