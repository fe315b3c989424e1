// Buttons that copy: a code as it stands, or a link to go on with this session elsewhere.
element.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-resume]");
  if (!button) return;
  const words = button.dataset.copy || location.origin + location.pathname + "?resume=" + button.dataset.resume;
  try {
    await navigator.clipboard.writeText(words);
    button.textContent = "Copied";
  } catch {
    window.prompt("Copy this:", words);
  }
});
