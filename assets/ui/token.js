// The key of the session that this window shows is remembered.
watch("value", () => tpMemory.use(props.value));
