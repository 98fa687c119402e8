// The editor of blocks: GrapesJS over the MJML of the page's form, which stays what is kept.
(() => {
  "use strict";
  const host = document.getElementById("blocks");
  const source = document.getElementById("blocks-source");
  const form = document.getElementById("blocks-form");
  const plugin = window["grapesjs-mjml"];
  if (!host || !window.grapesjs || !plugin) return;

  const offered = [
    "mj-1-column", "mj-2-columns", "mj-3-columns", "mj-text", "mj-button", "mj-image", "mj-divider", "mj-spacer",
    "mj-wrapper", "mj-hero", "mj-raw",
  ];
  const editor = window.grapesjs.init({
    container: host,
    height: "70vh",
    fromElement: false,
    storageManager: false,
    // Nothing is asked of other hosts: no fonts of icons, nobody told.
    telemetry: false,
    cssIcons: "",
    noticeOnUnload: false,
    assetManager: { upload: false, assets: JSON.parse(host.dataset.pictures || "[]") },
    plugins: [(made) => (plugin.default || plugin)(made, { useXmlParser: true, useCustomTheme: false, imagePlaceholderSrc: "", blocks: offered })],
  });

  // Its buttons are drawn by a font that is not loaded: here they are words.
  const words = {
    "open-sm": "Look", "open-tm": "Settings", "open-layers": "Layers", "open-blocks": "Add",
    "sw-visibility": "Borders", preview: "Preview", fullscreen: "Whole screen",
  };
  for (const panel of editor.Panels.getPanels().models) {
    for (const button of [...panel.get("buttons").models]) {
      const said = words[button.id];
      if (said) button.set({ label: said, className: "blocks-word", attributes: { title: said } });
      else if (String(button.get("className")).includes("fa-") && !button.get("label")) panel.get("buttons").remove(button);
    }
  }

  // Whom a block is for, as the source says it.
  const isBlock = (component) => String(component.get("tagName")).startsWith("mj-");
  editor.on("component:selected", (component) => {
    // Of words in a block the block is meant; a link has an address of its own.
    if (!isBlock(component) && component.get("tagName") !== "a") {
      let home = component.parent();
      while (home && !isBlock(home)) home = home.parent();
      if (home) editor.select(home);
    } else if (isBlock(component) && !component.getTrait("when")) {
      component.addTrait({ type: "text", name: "when", label: "Only for", placeholder: "persona is reader" });
    }
  });

  editor.on("load", () => {
    editor.Panels.getButton("views", "open-blocks")?.set("active", true);
    host.dataset.ready = "yes";
  });
  editor.setComponents(source.value);

  form.addEventListener("submit", () => {
    source.value = editor.getHtml() || "";
  });
})();
