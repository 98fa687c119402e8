// Ticking contacts, and filters that say what is chosen. The list works without; it is only slower.
(() => {
  const boxes = () => [...document.querySelectorAll('#bulk input[name="key"]:not(:disabled)')];
  let last; // where a click with shift counts from

  function showPicked() {
    const bar = document.querySelector("[data-bulk]");
    if (!bar) return;
    const all = boxes();
    const picked = all.filter((box) => box.checked).length;
    const whole = picked > 0 && picked === all.length;
    const everything = bar.querySelector('[name="everything"]');
    if (!whole) everything.checked = false;
    bar.classList.toggle("is-on", picked > 0);
    bar.classList.toggle("is-whole", whole && Boolean(document.querySelector('#list [rel="next"], #list [rel="prev"]')));
    bar.querySelector("[data-picked]").textContent = picked;
    const head = document.querySelector("[data-pick-all]");
    head.checked = whole;
    head.indeterminate = picked > 0 && !whole;
    for (const box of all) box.closest("tr").classList.toggle("is-picked", box.checked);
  }

  function sayChosen(menu) {
    const chosen = [...menu.querySelectorAll("input:checked")].map((box) => box.parentElement.textContent.trim());
    const typed = [...menu.querySelectorAll("input:not([type=checkbox])")];
    const count = chosen.length + typed.filter((field) => field.value).length;
    const one = typed.length ? "1 set" : chosen[0];
    menu.querySelector("[data-said]").textContent = count > 1 ? `${count} ${typed.length ? "set" : "chosen"}` : count ? one : "";
    menu.querySelector("summary").classList.toggle("is-set", count > 0);
  }

  document.addEventListener("click", (event) => {
    const box = event.target.closest('#bulk input[name="key"]');
    if (!box) return;
    const all = boxes();
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    if (event.shiftKey && last?.isConnected && from >= 0) {
      for (const one of all.slice(from, to + 1)) one.checked = box.checked;
    }
    last = box;
    showPicked();
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) for (const box of boxes()) box.checked = event.target.checked;
    const menu = event.target.closest("[data-filter]");
    if (menu) sayChosen(menu);
    if (event.target.closest("#bulk")) showPicked();
  });

  // Enter in a field of one menu must not press the button of another.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("#bulk .menu-list input")) return;
    event.preventDefault();
    let next = event.target.nextElementSibling;
    while (next && !next.querySelector("button") && !next.matches("button")) next = next.nextElementSibling;
    (next?.matches("button") ? next : next?.querySelector("button"))?.click();
  });

  // After a part was exchanged: what depends on the address follows it.
  document.addEventListener("htmx:afterSettle", () => {
    const list = document.getElementById("list");
    const query = list?.dataset.query ?? "";
    for (const field of document.querySelectorAll("input[data-query]")) field.value = query;
    for (const field of document.querySelectorAll("input[data-page]")) field.value = list?.dataset.page ?? "";
    for (const view of document.querySelectorAll(".view > a")) {
      if (view.search.slice(1) === query) view.setAttribute("aria-current", "page");
      else view.removeAttribute("aria-current");
    }
    const file = document.querySelector("[data-export]");
    if (file) file.href = file.href.split("?")[0] + (query ? `?${query}` : "");
    showPicked();
  });
  window.addEventListener("pageshow", showPicked);
})();
