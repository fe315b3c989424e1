// Figures: the server sends them as JSON; Plotly, loaded when the first one is seen, draws them in the page's colours.
const library = () =>
  (window.tpPlotly ??= new Promise((loaded, failed) => {
    const tag = document.createElement("script");
    tag.src = element.querySelector("[data-library]").dataset.library;
    tag.onload = () => loaded(window.Plotly);
    tag.onerror = () => {
      tag.remove();
      window.tpPlotly = undefined; // the next one who asks tries again
      failed(new Error("The library that draws the figures could not be loaded."));
    };
    document.head.append(tag);
  }));

const AGAIN_MS = 5000;
let waiting = 0;

// In the place of each figure that is not drawn: that it could not be loaded, and a button to try at once.
function tellFailure() {
  for (const holder of holders()) {
    if (holder.querySelector(".js-plotly-plot, .main-svg")) continue;
    holder.innerHTML =
      '<p class="tp-note" role="status">This figure could not be loaded. It is tried again. ' +
      '<button type="button" class="tp-button" data-again>Try now</button></p>';
  }
  clearTimeout(waiting);
  waiting = setTimeout(draw, AGAIN_MS);
}

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
  clearTimeout(waiting);
  let Plotly;
  try {
    Plotly = await library();
  } catch {
    tellFailure();
    return;
  }
  const ink = getComputedStyle(element.querySelector("[data-library]")).color;
  for (const holder of holders()) {
    const figure = JSON.parse(holder.dataset.figure);
    holder.querySelector("[data-again]")?.parentElement.remove();
    await Plotly.react(holder, figure.data, layout(figure, ink), { responsive: true, displayModeBar: false });
  }
}

element.addEventListener("click", async (event) => {
  if (event.target.closest("[data-again]")) draw();
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
