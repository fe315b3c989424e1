// Maps over a drawing: a slider for the colours, which stay as strong in the next round, and sentences that are read out.
let strength = "60";

function tint() {
  for (const map of element.querySelectorAll(".tp-map details")) {
    const range = map.querySelector("input");
    if (range.value !== strength) range.value = strength;
    map.style.setProperty("--strength", strength / 100);
  }
}

element.addEventListener("input", (event) => {
  if (!event.target.closest(".tp-strength")) return;
  strength = event.target.value;
  tint();
});

// A live region is heard only if it was there before its words: it stands beside all that is drawn anew.
const spoken = document.querySelector("#tp-spoken") ?? document.createElement("p");
spoken.id = "tp-spoken";
spoken.className = "tp-live";
spoken.setAttribute("role", "status");
document.querySelector(".gradio-container").append(spoken);

function speak() {
  const words = [...element.querySelectorAll("[data-spoken]")].map((one) => one.textContent).join(" ");
  if (spoken.textContent !== words) spoken.textContent = words;
}

new MutationObserver(() => {
  tint();
  speak();
}).observe(element, { childList: true, subtree: true });
tint();
speak();
