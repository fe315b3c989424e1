// Buttons that copy: a code as it stands, or a link to go on with this session elsewhere.
element.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-resume]");
  if (!button) return;
  const words = button.dataset.copy || location.origin + location.pathname + "?resume=" + button.dataset.resume;
  try {
    await navigator.clipboard.writeText(words);
    button.textContent = "Copied";
  } catch {
    // A frame of another origin may not, nor ask in a dialog: the words are shown, selected, to be copied by hand.
    const field = button.parentElement.querySelector(".tp-copy") || document.createElement("input");
    Object.assign(field, { className: "tp-copy notranslate", readOnly: true, ariaLabel: "Copy this", value: words });
    button.after(field);
    field.select();
  }
});
