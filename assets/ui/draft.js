// Every letter in the prompt box is remembered, with the round that it is for: the value of this component.
document.addEventListener("input", (event) => {
  if (props.value && event.target.closest("#prompt")) tpMemory.keepDraft(props.value, event.target.value);
});
