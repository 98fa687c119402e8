// What every page does by itself: menus close, toasts come and go, filters apply, slow work shows.
const root = document.documentElement;
const STAY = { plain: 6000, undo: 12000 };

document.addEventListener("click", (event) => {
  const at = event.target.closest("[data-open], [data-close], [data-close-toast], [data-theme-choice]");
  for (const menu of document.querySelectorAll("details[data-menu][open], details.menu[open]")) {
    if (!menu.contains(event.target) || at?.dataset.open) menu.open = false;
  }
  if (!at) {
    if (event.target.matches?.("dialog[open]")) event.target.close(); // a click beside the dialog
    return;
  }
  if (at.dataset.open) document.getElementById(at.dataset.open)?.showModal();
  if (at.matches("[data-close]")) at.closest("dialog").close();
  if (at.matches("[data-close-toast]")) at.closest("[data-toast]").remove();
  if (at.dataset.themeChoice) {
    window.theme.choose(at.dataset.themeChoice);
    showThemeChoice();
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

function showThemeChoice() {
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === window.theme.chosen()));
  }
}

// Toasts. A page brings its own; an htmx answer brings one by the header HX-Trigger: {"say": {text, undo, tone}}.
function leaveLater(toast) {
  if (toast.matches(".tone-error")) return; // what went wrong stays until it is read
  const stay = toast.querySelector("form:not([hidden])") ? STAY.undo : STAY.plain;
  let timer = setTimeout(() => toast.remove(), stay);
  toast.addEventListener("pointerenter", () => clearTimeout(timer));
  toast.addEventListener("focusin", () => clearTimeout(timer));
  toast.addEventListener("pointerleave", () => (timer = setTimeout(() => toast.remove(), stay)));
}

function say({ text, undo, tone }) {
  const template = document.getElementById("toast-template");
  if (!template) return;
  // Said already: a page that asks every second must not pile up what it hears.
  if (!undo && [...document.querySelectorAll("#toasts [data-toast] span")].some((shown) => shown.textContent === text)) return;
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.querySelector("span").textContent = text;
  const named = { danger: "error", error: "error", warning: "warning", info: "info" }[tone] ?? "success";
  toast.classList.add(`tone-${named}`);
  toast.querySelector(`[data-tone="${named}"]`).replaceWith(...toast.querySelector(`[data-tone="${named}"]`).children);
  for (const other of toast.querySelectorAll("[data-tone]")) other.remove();
  if (undo?.startsWith("/") && !undo.startsWith("//")) {
    const form = toast.querySelector("form");
    form.action = undo;
    form.hidden = false;
  }
  document.getElementById("toasts").append(toast);
  leaveLater(toast);
}
window.say = say;
document.addEventListener("say", (event) => say(event.detail));

// Filters apply as soon as they change; typing waits for a pause.
let pause;
function applyFilter(form) {
  const empty = [...form.elements].filter((control) => control.name && control.value === "" && !control.disabled);
  for (const control of empty) control.disabled = true; // keeps "?stage=&owner=" out of the address
  form.requestSubmit();
  setTimeout(() => empty.forEach((control) => (control.disabled = false)));
}
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-live]");
  if (form && !["search", "date"].includes(event.target.type)) applyFilter(form); // a date is typed in parts
});
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-live]");
  if (!form || event.target.type !== "search") return;
  clearTimeout(pause);
  pause = setTimeout(() => applyFilter(form), 400);
});

// Slow work: a thin line along the top, not before a quarter of a second.
let waiting = 0;
let slow;
document.addEventListener("htmx:beforeRequest", () => {
  waiting += 1;
  slow ??= setTimeout(() => root.classList.add("is-working"), 250);
});
document.addEventListener("htmx:afterRequest", () => {
  waiting = Math.max(0, waiting - 1);
  if (waiting) return;
  clearTimeout(slow);
  slow = undefined;
  root.classList.remove("is-working");
});
document.addEventListener("htmx:sendError", () => say({ text: "The server cannot be reached. Try again.", tone: "error" }));
document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  const number = event.detail.xhr.getResponseHeader("X-Error"); // stands in the log beside what went wrong
  say({ text: `That did not work (${number ? `error ${number}` : status}). Reload the page and try again.`, tone: "error" });
});
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  // A second click must not send a form twice; the value is sent before the button goes pale.
  if (event.target.method === "post" && button) setTimeout(() => (button.disabled = true));
  setTimeout(() => button && (button.disabled = false), 4000);
});

showThemeChoice();
for (const toast of document.querySelectorAll("[data-toast]")) leaveLater(toast);
