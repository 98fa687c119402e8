// The editor of blocks: GrapesJS over the MJML of the page's form, which stays what is kept.
(() => {
  "use strict";
  const host = document.getElementById("blocks");
  const source = document.getElementById("blocks-source");
  const form = document.getElementById("blocks-form");
  const plugin = window["grapesjs-mjml"];
  if (!host || !window.grapesjs || !plugin) return;

  const editor = window.grapesjs.init({
    container: host,
    height: "70vh",
    fromElement: false,
    storageManager: false,
    // Nothing is asked of other hosts: no fonts of icons, nobody told.
    telemetry: false,
    cssIcons: "",
    noticeOnUnload: false,
    plugins: [plugin.default || plugin],
    pluginsOpts: {},
    assetManager: { upload: false },
  });

  // Whom a block is for, as the source says it.
  const onlyFor = { type: "text", name: "when", label: "Only for", placeholder: "persona is reader" };
  editor.on("component:selected", (component) => {
    if (String(component.get("tagName")).startsWith("mj-") && !component.getTrait("when")) component.addTrait(onlyFor);
  });

  editor.setComponents(source.value);

  form.addEventListener("submit", () => {
    source.value = editor.runCommand("mjml-code") || source.value;
  });
  host.dataset.ready = "yes";
})();
