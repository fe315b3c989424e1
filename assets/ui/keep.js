// What a participant opened stays open, and a compare slider where it was, when the page is drawn anew for the next round.
// Where there is room (`data-wide`) something may be open from the beginning; what was closed then stays closed.
const opened = new Map();
const wide = matchMedia("(min-width: 641px)");
let covered = "50";

const isOpen = (details) => opened.get(details.dataset.keep) ?? ("wide" in details.dataset && wide.matches);

function restore() {
  for (const details of element.querySelectorAll("details[data-keep]")) {
    if (details.open !== isOpen(details)) details.open = !details.open;
  }
  for (const slider of element.querySelectorAll(".tp-slider")) {
    if (slider.style.getPropertyValue("--at") !== covered + "%") slider.style.setProperty("--at", covered + "%");
    const range = slider.querySelector("input");
    if (range.value !== covered) range.value = covered;
  }
}

element.addEventListener("click", (event) => {
  const details = event.target.closest("summary")?.closest("details[data-keep]");
  // The click has not opened or closed it yet.
  if (details) opened.set(details.dataset.keep, !details.open);
});
element.addEventListener("input", (event) => {
  if (!event.target.closest(".tp-slider")) return;
  covered = event.target.value;
  restore();
});
new MutationObserver(restore).observe(element, { childList: true, subtree: true, attributes: true, attributeFilter: ["open", "style"] });
restore();
