// The page of a write key: copying what is to be copied, and listening to the script on the site.
const SAID = {
  "": "The script runs and sends.",
  ask: "The script runs, and waits: the site asks for consent, and you have not agreed there yet.",
  refused: "The script runs, and sends nothing: you refused it on this site.",
  gpc: "The script runs, and sends nothing: your browser asks not to be followed (Global Privacy Control).",
  dnt: "The script runs, and sends nothing: your browser asks not to be followed (Do Not Track).",
  google: "The script runs, and waits: by Google’s consent mode, analytics_storage is denied.",
};

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const code = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(code.textContent);
    window.say({ text: "Copied" });
  } catch {
    // Without leave to copy, it is marked for the reader to do so.
    getSelection().selectAllChildren(code);
    window.say({ text: "Marked: press Ctrl-C", tone: "info" });
  }
});

const asking = document.querySelector("[data-check]");
if (asking) {
  const address = asking.querySelector("input");
  const said = asking.querySelector(".check-said");
  let opened;
  let patience;

  asking.querySelector("[data-check-open]").addEventListener("click", () => {
    let url;
    try {
      url = new URL(address.value);
    } catch {
      said.textContent = "That is no address of a page. Write it as https://www.example.com.";
      address.focus();
      return;
    }
    if (!/^https?:$/.test(url.protocol)) return;
    url.searchParams.set("rl_check", "1");
    opened = window.open(url.href, "ripeline-check");
    said.textContent = opened ? "Listening…" : "Your browser does not let this page open another.";
    clearTimeout(patience);
    patience = setTimeout(() => {
      said.textContent = "Nothing is heard from the page. Either the script is not in it, or something keeps it from running (a content security policy, an extension), or the site does not let other windows hear it.";
    }, 15000);
  });

  window.addEventListener("message", (message) => {
    const state = message.data?.ripeline;
    if (!state || message.source !== opened) return;
    clearTimeout(patience);
    if (state.key !== asking.dataset.check) said.textContent = "The script runs with another key than this one.";
    else if (state.why === "" && state.last === 0) said.textContent = "The script runs, but its events do not get through: the key may not be used on that site, or a content security policy has no connect-src for us.";
    else if (state.last >= 400) said.textContent = `The script runs, but its events are answered ${state.last}.`;
    else said.textContent = SAID[state.why] ?? "The script runs.";
  });
}
