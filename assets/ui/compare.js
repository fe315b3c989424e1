// The compare slider: the range input says how much of the target covers the drawing.
element.addEventListener("input", (event) => {
  const slider = event.target.closest(".tp-slider");
  if (slider) slider.style.setProperty("--at", event.target.value + "%");
});
