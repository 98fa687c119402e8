// A form of Ripeline in another page: <script async src="https://…/f/<key>.js"></script>. It stands where the script stands, in a
// frame that is as high as the form. data-lang sets the language, data-title what screen readers call it.
(() => {
  const script = document.currentScript
  if (!script) return
  const address = new URL(script.src)
  address.pathname = address.pathname.replace(/\.js$/, "/")
  const set = script.dataset
  const language = set.lang || document.documentElement.lang
  // The token of a signed link is for the site's tracker alone, which may run later than this.
  const bare = url => url.split("#")[0].replace(/([?&])rl=[^&]*&?/, "$1").replace(/[?&]$/, "")
  // The cookie of that tracker, where the visitor lets it be kept and told.
  const browser = !window.ripeline?.state?.().why && /(?:^|; )rl_id=([0-9a-f]{32})/.exec(document.cookie)
  const told = { embed: 1, page: bare(location.href), referrer: bare(document.referrer) }
  if (language) told.lang = language
  if (browser) told.visitor = browser[1]
  for (const name in told) address.searchParams.set(name, told[name])

  const frame = document.createElement("iframe")
  frame.src = address.href
  frame.title = set.title || "Form"
  frame.style.cssText = "width:100%;border:0;height:400px;color-scheme:normal"
  script.after(frame)

  addEventListener("message", ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== address.origin || !data) return
    if (data.ripeline === "height") frame.style.height = `${Math.min(Number(data.height) || 400, 10000)}px`
    if (data.ripeline === "sent") document.dispatchEvent(new CustomEvent("ripeline:sent", { detail: address.pathname }))
    if (data.ripeline === "go" && /^https?:\/\//.test(data.to)) location.assign(data.to)
  })
})()
