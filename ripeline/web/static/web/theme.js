// Runs before anything is painted: the remembered choice, else what the device prefers.
(() => {
  const root = document.documentElement;
  const device = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return localStorage.getItem("theme") || "auto";
    } catch {
      return "auto"; // storage is forbidden here; nothing is remembered then
    }
  };
  const apply = () => {
    const choice = chosen();
    const theme = choice === "auto" ? (device.matches ? "dark" : "light") : choice;
    if (root.dataset.bsTheme === theme) return;
    root.dataset.bsTheme = theme;
    root.style.colorScheme = theme;
    document.dispatchEvent(new CustomEvent("theme", { detail: theme }));
  };
  root.classList.add("js");
  apply();
  device.addEventListener("change", apply);
  window.addEventListener("storage", apply);
  window.theme = {
    chosen,
    choose(choice) {
      try {
        localStorage.setItem("theme", choice);
      } catch {
        root.dataset.bsTheme = choice === "auto" ? "light" : choice;
      }
      apply();
    },
  };
})();
