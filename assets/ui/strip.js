// The strip of drawings: tap one to look closer, or to write on from its prompt.
element.addEventListener("click", (event) => {
  const dialog = element.querySelector("dialog");
  const card = event.target.closest("[data-iteration]");
  const action = event.target.closest("[data-do]");
  if (card) {
    dialog.querySelector("img").src = card.querySelector("img").src;
    dialog.querySelector("p").textContent = card.dataset.prompt;
    dialog.setAttribute("aria-label", "Round " + card.dataset.iteration);
    dialog.showModal();
  } else if (action) {
    if (action.dataset.do === "reuse") {
      const box = document.querySelector("#prompt textarea");
      box.value = dialog.querySelector("p").textContent;
      box.dispatchEvent(new Event("input", { bubbles: true }));
      box.focus();
    }
    dialog.close();
  } else if (dialog && event.target === dialog) {
    dialog.close();
  }
});
