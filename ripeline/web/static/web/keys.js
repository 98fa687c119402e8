// The keyboard: / searches, g and a letter goes, j k walk a list, Enter opens, x selects, e edits, ? helps.
(() => {
  let going; // set for a moment after g

  const typing = (element) =>
    element.isContentEditable || (element.matches("input, textarea, select") && !element.matches("[type=checkbox], [type=radio], [type=range]"));
  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);

  function current(list) {
    return list.findIndex((row) => row.classList.contains("is-current") || row.contains(document.activeElement));
  }

  // The page before or after this one: of a list, or of somebody in it.
  function turn(where) {
    const link = document.querySelector(`a[rel="${where}"]`);
    link?.click();
    return Boolean(link);
  }

  function walk(step) {
    const list = rows();
    if (!list.length) {
      turn(step > 0 ? "next" : "prev");
      return;
    }
    const at = current(list);
    const next = list[Math.max(0, Math.min(list.length - 1, at < 0 ? 0 : at + step))];
    for (const row of list) row.classList.toggle("is-current", row === next);
    const link = next.matches("a, button") ? next : next.querySelector("a[href], button");
    (link ?? next).focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }

  function open() {
    const list = rows();
    const row = list[current(list)];
    const link = row?.querySelector("a[href]");
    if (row?.dataset.href) location.assign(row.dataset.href);
    else link?.click();
    return Boolean(row);
  }

  function select() {
    const list = rows();
    const box = list[current(list)]?.querySelector("input[type=checkbox]");
    box?.click();
    return Boolean(box);
  }

  function focusSearch() {
    const field = document.querySelector("[data-search-here]") ?? document.querySelector("[data-search]");
    field?.focus();
    field?.select();
    return Boolean(field);
  }

  function go(letter) {
    document.querySelector(`[data-go="${CSS.escape(letter)}"]`)?.click();
  }

  const KEYS = {
    "/": focusSearch,
    j: () => walk(1) ?? true,
    k: () => walk(-1) ?? true,
    "[": () => turn("prev"),
    "]": () => turn("next"),
    x: select,
    e: () => {
      const link = document.querySelector("[data-edit]");
      link?.click();
      return Boolean(link);
    },
    "?": () => document.getElementById("keys-help")?.showModal() ?? true,
    g: () => {
      clearTimeout(going);
      going = setTimeout(() => (going = undefined), 1500);
      return true;
    },
    // Enter on a link or a button is theirs; elsewhere it opens the row one stands on.
    Enter: () => !document.activeElement.matches("a, button, summary, input") && open(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      window.openPalette?.();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (going) {
      clearTimeout(going);
      going = undefined;
      go(event.key);
      return;
    }
    if (KEYS[event.key]?.()) event.preventDefault();
  });
})();
