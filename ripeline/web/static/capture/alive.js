// Pages that look again by themselves: not under the hands of whoever is in them, and not where nobody looks.
document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.target;
  if (!part.matches?.("#arrived, #present")) return;
  const marked = getSelection();
  const isRead = part.matches(":focus-within") || (!marked.isCollapsed && part.contains(marked.anchorNode));
  if (isRead || document.hidden) event.preventDefault();
});
