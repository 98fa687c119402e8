// Where the keyboard stands once a page, or a part of it, was exchanged: on the head that was sorted by, on the list
// that was turned, on the first thing that is wrong in a form. Otherwise it would stand at the beginning of everything.
(() => {
  const KEPT = "focus-after"; // what was pressed, for the page that comes next
  const TURNS = '.pages a, a[rel="next"], a[rel="prev"], a.chip, a.chip-all';
  const WRONG = '[aria-invalid="true"], .is-invalid, .form-wrong[role="alert"], .field-errors';
  const CONTROLS = "input:not([type=hidden]), select, textarea, button, a[href]";
  let pressed; // the same, while this page still stands: {element, what, place, id, name, value}

  const main = () => document.querySelector("main") ?? document.body;
  const isShown = (element) => element.getClientRects().length > 0;
  const heads = () => [...document.querySelectorAll("a.sort")];
  const isLost = () => [null, document.body, document.documentElement].includes(document.activeElement);

  function stand(element) {
    if (!element.matches(`${CONTROLS}, [tabindex], summary`)) element.tabIndex = -1;
    element.focus();
  }

  // The first mistake: its field, or the words that say it. A menu that holds it is opened.
  function firstWrong() {
    for (const found of main().querySelectorAll(WRONG)) {
      const closed = found.closest("details:not([open])");
      if (closed) closed.open = true;
      if (!isShown(found)) continue;
      return found.matches(".is-invalid:not([tabindex])") && !found.matches(CONTROLS) ? (found.querySelector(CONTROLS) ?? found) : found;
    }
    return null;
  }

  // The list whose page was turned: the nearest before the links that turn it.
  function turned(place) {
    let at = [...document.querySelectorAll(".pages")][place];
    for (; at && at !== main(); at = at.parentElement) {
      for (let before = at.previousElementSibling; before; before = before.previousElementSibling) {
        const list = before.matches("table, ul, ol") ? before : before.querySelector("table, ul, ol");
        if (list && isShown(list)) return list;
      }
    }
    return main().querySelector("#list table") ?? main().querySelector("#list") ?? main();
  }

  // The button that sent a form, in what came in place of it.
  function again({ id, name, value }) {
    if (id) return document.getElementById(id);
    return name ? main().querySelector(`button[name="${CSS.escape(name)}"][value="${CSS.escape(value)}"]:not([tabindex="-1"])`) : null;
  }

  function comeBack(to) {
    if (to.what === "sort") stand(heads()[to.place] ?? turned(-1));
    else if (to.what === "turn") stand(turned(to.place));
    else if (isLost()) stand(firstWrong() ?? (to.isPart && again(to)) ?? main());
  }

  function keep(element, what, more = {}) {
    pressed = { element, what, ...more };
    sessionStorage.setItem(KEPT, JSON.stringify({ what, ...more }));
  }

  document.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest?.(`a.sort, ${TURNS}`);
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const bars = [...document.querySelectorAll(".pages")];
      if (link.matches(".sort")) keep(link, "sort", { place: heads().indexOf(link) });
      else keep(link, "turn", { place: bars.indexOf(link.closest(".pages")) });
    },
    true,
  );
  document.addEventListener("submit", (event) => {
    const { id, name, value } = event.submitter ?? {};
    if (event.target.method === "post") keep(event.target, "form", { id, name, value });
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!pressed || event.detail.requestConfig?.elt !== pressed.element) return;
    sessionStorage.removeItem(KEPT);
    comeBack({ ...pressed, isPart: true });
    pressed = undefined;
  });

  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  const to = kept && JSON.parse(kept);
  // A form that went well is followed by a page of its own, which begins at its beginning.
  if (to && (to.what !== "form" || (isLost() && firstWrong())) && !location.hash) comeBack(to);
})();
