// The text of a draft: as high as its lines, numbered, with the wrong ones marked. It all works without this too.
const text = document.getElementById("text");
const gutter = document.querySelector(".gutter");

function marks() {
  const found = document.getElementById("checked")?.dataset.marks.trim();
  return new Map((found ? found.split(" ") : []).map((each) => each.split(":")));
}

function number() {
  const count = text.value.split("\n").length;
  const marked = marks();
  while (gutter.children.length > count) gutter.lastElementChild.remove();
  while (gutter.children.length < count) {
    const line = document.createElement("span");
    line.textContent = gutter.children.length + 1;
    line.id = `L${line.textContent}`;
    gutter.append(line);
  }
  [...gutter.children].forEach((line, at) => (line.className = marked.get(String(at + 1)) ?? ""));
  text.rows = count + 1;
}

function goTo(line) {
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  text.focus({ preventScroll: true });
  text.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
  gutter.children[line - 1]?.scrollIntoView({ block: "center" });
}

if (text) {
  text.addEventListener("input", number);
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
    const line = text.value.slice(text.value.lastIndexOf("\n", text.selectionStart - 1) + 1, text.selectionStart);
    const indent = line.match(/^ */)[0];
    if (!indent) return;
    event.preventDefault();
    document.execCommand("insertText", false, `\n${indent}`); // keeps the browser's undo
  });
  document.addEventListener("htmx:afterSettle", number);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-line]");
    if (!link) return;
    event.preventDefault();
    goTo(Number(link.dataset.line));
  });
  const asked = location.hash.match(/^#L(\d+)$/);
  if (asked) goTo(Number(asked[1]));
  number();
}

document.querySelector(".draft-parts [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "s") {
    const form = document.querySelector("#text-form, .part-form");
    if (!form) return;
    event.preventDefault();
    form.requestSubmit();
  }
});

// What was typed and not saved is not lost by leaving the page unawares.
let typed = false;
document.addEventListener("input", (event) => (typed ||= Boolean(event.target.closest("#text-form, .part-form"))));
document.addEventListener("submit", () => (typed = false));
window.addEventListener("beforeunload", (event) => typed && event.preventDefault());
