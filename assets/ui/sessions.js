// Other sessions that can be reached from this page: they are remembered, and a button goes on with one of them.
watch("value", () => element.querySelectorAll("[data-go]").forEach((button) => tpMemory.know(button.dataset.go)));
element.addEventListener("click", (event) => {
  const go = event.target.closest("[data-go]");
  if (go) {
    tpMemory.use(go.dataset.go);
    location.reload();
  } else if (event.target.closest("[data-stay]")) {
    element.querySelector(".tp-message").hidden = true;
  }
});
