// Ctrl-K: people and companies from the server, pages and actions from what this page offers by data-palette.
(() => {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("ul");
  const none = dialog.querySelector(".palette-none");
  const KINDS = { person: "Person", company: "Company", page: "Page", action: "Action" };
  let entries = [];
  let chosen = 0;
  let asked = 0;
  let pause;

  window.openPalette = () => {
    if (dialog.open) return;
    input.value = "";
    dialog.showModal();
    show(ownEntries(""));
  };

  function ownEntries(words) {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const found = [];
    for (const element of document.querySelectorAll("[data-palette]")) {
      const title = element.dataset.palette;
      if (!wanted.every((word) => title.toLowerCase().includes(word))) continue;
      const kind = element.matches("[data-go]") ? "page" : "action";
      const detail = element.dataset.go ? `g ${element.dataset.go}` : "";
      found.push({ title, detail, kind, run: () => element.click() });
    }
    return found;
  }

  function show(all) {
    entries = all;
    chosen = 0;
    list.replaceChildren(...all.map(line));
    none.hidden = all.length > 0;
    mark();
  }

  function line(entry, at) {
    const item = document.createElement("li");
    item.id = `palette-${at}`;
    item.setAttribute("role", "option");
    for (const [tag, text] of [["b", entry.title], ["span", entry.detail], ["small", KINDS[entry.kind] ?? ""]]) {
      const part = document.createElement(tag);
      part.textContent = text ?? "";
      item.append(part);
    }
    item.addEventListener("click", () => run(at));
    item.addEventListener("pointermove", () => chosen !== at && ((chosen = at), mark()));
    return item;
  }

  function mark() {
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === chosen)));
    const item = list.children[chosen];
    item?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", item?.id ?? "");
  }

  function run(at) {
    const entry = entries[at];
    if (!entry) return;
    dialog.close();
    if (entry.run) entry.run();
    else if (entry.url?.startsWith("/")) location.assign(entry.url);
  }

  async function ask(words) {
    const own = ownEntries(words);
    const turn = ++asked;
    if (!dialog.dataset.url || words.length < 2) return show(own);
    try {
      const answer = await fetch(`${dialog.dataset.url}?q=${encodeURIComponent(words)}`, { headers: { Accept: "application/json" } });
      const { results } = answer.ok ? await answer.json() : { results: [] };
      if (turn === asked) show([...results, ...own]); // an older answer that comes late is not shown
    } catch {
      if (turn === asked) show(own);
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => ask(input.value.trim()), 120);
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && entries.length) {
      event.preventDefault();
      chosen = (chosen + step + entries.length) % entries.length;
      mark();
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(chosen);
    }
  });
})();
