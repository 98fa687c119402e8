// What a landing page does besides: it tells that it was seen, and shows its forms in frames as high as they are.
// Without it the page reads the same, and forms are in frames of one height.
(() => {
  const { beat, version } = document.currentScript.dataset
  const frames = []

  const show = visit => {
    document.querySelectorAll("[data-frame]").forEach(place => {
      const address = new URL(place.dataset.frame, location.href)
      const page = new URL(address.searchParams.get("page"))
      // How somebody came stands in this page's own address.
      for (const [name, value] of new URLSearchParams(location.search)) {
        // The token of a signed link is for the tracker alone.
        if (name !== "rl") page.searchParams.set(name, value)
      }
      if (version) page.searchParams.set("version", version)
      if (visit) page.searchParams.set("visit", visit)
      address.searchParams.set("page", page.href)
      if (document.referrer) address.searchParams.set("referrer", document.referrer.replace(/([?&])rl=[^&#]*/, "$1"))
      const frame = document.createElement("iframe")
      Object.assign(frame, { src: address.href, title: place.dataset.title })
      place.append(frame)
      frames.push(frame)
    })
  }

  addEventListener("message", ({ source, origin, data }) => {
    const frame = frames.find(each => each.contentWindow === source)
    if (!frame || origin !== location.origin || !data) return
    if (data.ripeline === "height") frame.style.height = `${Math.ceil(data.height)}px`
    if (data.ripeline === "go" && new URL(data.to).origin === location.origin) location.assign(data.to)
  })

  const tell = async () => {
    try {
      const words = new URLSearchParams({ version, marks: navigator.webdriver ? "webdriver" : "" })
      const answer = await fetch(beat, { method: "POST", body: words, keepalive: true, signal: AbortSignal.timeout(1500) })
      return answer.status === 200 ? (await answer.json()).visit : ""
    } catch {
      return ""
    }
  }
  const begin = async () => show(beat ? await tell() : "")
  if (document.visibilityState === "visible") begin()
  else document.addEventListener("visibilitychange", begin, { once: true })
})()
