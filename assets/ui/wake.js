// Phones freeze hidden pages: when this one is seen again it asks where the participant stands.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") trigger("wake");
});
