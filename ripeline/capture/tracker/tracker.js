// Ripeline in a page: what visitors look at, told to the collector as Segment's events. The guide (website.md) says how
// it is put into a site. It is served without its comments and indents, so a statement never begins with "//" in a text.
(() => {
  const doc = document, nav = navigator, place = location
  const script = doc.currentScript
  // Put into a page twice, it counts once.
  if (!script || (window.ripeline?.state)) return
  const set = script.dataset, host = new URL(script.src).origin
  const isCookieless = set.cookie === "none"
  const COOKIE = "rl_id", QUEUE = "rl_queue", VISIT = "rl_visit", CONSENT = "rl_consent"
  // 13 months; a visit ends after half an hour without anything; who moves nothing for 30 seconds is no longer there.
  const COOKIE_SECONDS = 34214400, VISIT_ENDS = 18e5, IDLE = 3e4
  const QUEUED = 60, AT_ONCE = 20, HELD = 20, LONGEST_WAIT = 3e5
  const FILES = /\.(pdf|docx?|xlsx?|pptx?|odt|ods|odp|csv|txt|rtf|epub|mobi|zip|rar|7z|gz|dmg|exe|msi|apk|mp3|mp4|mov|wav)$/i
  const NO_LEAD = "[type=password],[type=search],[name=q],[name=s]"

  const memory = {}
  const held = []
  const flying = new Set()
  const google = {}
  let id, link, here, own, timer, isAnswered
  let tries = 0, isSending = false, last = ""
  let clicks = 0, clickedAt = 0
  let active = 0, activeAt = performance.now(), isVisible = !doc.hidden

  const on = (target, names, does) => names.split(" ").forEach(name => target.addEventListener(name, does, { capture: true, passive: true }))
  const hex = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, "0")).join("")

  // --- What is kept in the browser: nothing at all where it is to be cookieless.
  const get = name => {
    try {
      return isCookieless ? memory[name] : localStorage.getItem(name)
    } catch {
      return memory[name]
    }
  }
  const put = (name, value) => {
    memory[name] = value
    if (isCookieless) return
    try {
      value ? localStorage.setItem(name, value) : localStorage.removeItem(name)
    } catch {}
  }
  const setCookie = (value, seconds) => {
    doc.cookie = `${COOKIE}=${value};path=/;samesite=lax;max-age=${seconds}` +
      (place.protocol === "https:" ? ";secure" : "") + (set.domain ? `;domain=${set.domain}` : "")
  }
  const browser = () => {
    if (id) return id
    id = !isCookieless && /(?:^|; )rl_id=([0-9a-f]{32})/.exec(doc.cookie)?.[1]
    if (id) return id
    id = hex()
    if (!isCookieless) setCookie(id, COOKIE_SECONDS)
    return id
  }
  const visit = () => {
    const now = Date.now()
    let [key, at] = (get(VISIT) || "").split(".")
    if (!key || now - at > VISIT_ENDS) key = hex()
    put(VISIT, `${key}.${now}`)
    return key
  }
  const queue = () => {
    try {
      return JSON.parse(get(QUEUE) || "[]")
    } catch {
      return []
    }
  }
  const keepQueue = events => put(QUEUE, events.length && JSON.stringify(events.slice(-QUEUED)))
  const without = ids => keepQueue(queue().filter(event => !ids.has(event.messageId)))
  const wipe = () => {
    if (!isCookieless) setCookie("", 0)
    put(QUEUE)
    put(VISIT)
    id = ""
    held.length = 0
  }

  // --- Consent. The visitor's own word goes first, then what the browser asks for all sites (GPC, DNT), then Google's
  // consent mode, where the site has it.
  const why = () => {
    if (own) return own === "1" ? "" : "refused"
    if (nav.globalPrivacyControl) return "gpc"
    if (nav.doNotTrack === "1") return "dnt"
    if (google.analytics_storage === "denied") return "google"
    return set.consent === "ask" && !isAnswered ? "ask" : ""
  }
  const state = () => ({ key: set.key, why: why(), last })
  // Whoever checks the installation has opened this page from Ripeline: they alone hear how it goes.
  const tell = () => {
    if (window.opener && /[?&]rl_check\b/.test(place.search)) opener.postMessage({ ripeline: state() }, host)
  }
  const settle = () => {
    if (!why()) held.splice(0).forEach(keep)
    tell()
  }
  const consent = yes => {
    own = yes ? "1" : "0"
    if (!yes) wipe()
    put(CONSENT, own)
    settle()
  }
  const hear = call => {
    if (!call || call[0] !== "consent" || !call[2]) return
    const isUpdate = call[1] === "update"
    for (const name in call[2]) {
      const word = call[2][name]
      // What is denied in some countries by default is taken as denied, until the visitor says otherwise.
      if ((word === "granted" && (isUpdate || google[name] !== "denied")) || word === "denied") google[name] = word
    }
    if (!isUpdate || !call[2].analytics_storage) return
    isAnswered = true
    if (google.analytics_storage === "denied") wipe()
    own = ""
    put(CONSENT)
    settle()
  }

  // --- From something that happened to the collector.
  const add = (type, more) => {
    const event = {
      type,
      messageId: hex(),
      timestamp: new Date().toISOString(),
      context: { page: here, locale: nav.language, marks: MARKS, library: { name: "ripeline.js", version: "1" } },
      ...more,
    }
    if (!why()) keep(event)
    else if (held.length < HELD) held.push(event)
  }
  const keep = event => {
    event.anonymousId = browser()
    event.properties = { visit: visit(), ...event.properties }
    if (google.analytics_storage) event.context.consent = google
    event.context.link = link
    link = undefined
    keepQueue([...queue(), event])
    later(30)
  }
  const later = wait => {
    timer = timer || setTimeout(send, wait)
  }
  const body = events => JSON.stringify({ writeKey: set.key, sentAt: new Date().toISOString(), batch: events })
  const send = () => {
    clearTimeout(timer)
    timer = 0
    const events = queue().slice(0, AT_ONCE)
    if (isSending || why() || !events.length) return
    const text = body(events), ids = new Set(events.map(event => event.messageId))
    isSending = true
    ids.forEach(each => flying.add(each))
    const done = status => {
      isSending = false
      ids.forEach(each => flying.delete(each))
      last = status
      // It is on disk, or would be refused again. Everything else is sent again: the collector knows it by its messageId.
      const isOver = status && status < 500 && status !== 429 && status !== 408
      if (isOver) without(ids)
      tries = isOver ? 0 : tries + 1
      later(isOver ? 0 : Math.min(2e3 * 2 ** tries, LONGEST_WAIT) * (0.5 + Math.random()))
      tell()
    }
    // As plain text a browser sends it without asking first.
    fetch(`${host}/v1/batch`, { method: "POST", body: text, keepalive: text.length < 6e4, credentials: "omit" })
      .then(answer => done(answer.status), () => done(0))
  }
  const leave = () => {
    engaged()
    const events = queue().filter(event => !flying.has(event.messageId)).slice(-AT_ONCE)
    if (why() || !events.length || !nav.sendBeacon(`${host}/v1/batch`, body(events))) return
    isSending = true
    // Nobody hears what becomes of a beacon. Seconds are not worth sending twice; the rest waits for an answer.
    if (nav.onLine) without(new Set(events.filter(event => event.event === ENGAGED).map(event => event.messageId)))
  }

  // --- What is noticed.
  const ENGAGED = "Page Engaged"
  const MARKS = [
    nav.webdriver && "webdriver",
    /headless/i.test(nav.userAgent) && "headless",
    !nav.languages?.length && "no-languages",
    !screen.width && "zero-screen",
  ].filter(Boolean)
  // Neither what follows the #, nor anybody's address, nor the token of a signed link leaves the page.
  const bare = url => url.replace(/([?&])rl=[^&#]*&?/, "$1").replace(/[?&](?=#|$)/, "")
  const clean = url => bare(url.split("#")[0]).replace(/([?&][^=&]*=)[^&]*(?:@|%40)[^&]*/gi, "$1")
  const track = (event, properties) => add("track", { event, properties })
  const page = (name, properties) => {
    engaged()
    const url = clean(place.href)
    here = { url, path: place.pathname, title: doc.title, referrer: here ? here.url : clean(doc.referrer) }
    add("page", { name, properties })
  }
  const moved = () => {
    // Frameworks set the title after the address.
    setTimeout(() => clean(place.href) !== here.url && page(), 50)
  }
  const moving = () => {
    const now = performance.now()
    if (isVisible) active += Math.min(now - activeAt, IDLE)
    activeAt = now
  }
  const engaged = () => {
    moving()
    const seconds = Math.round(active / 1e3)
    if (!here || !seconds) return
    active = 0
    track(ENGAGED, { path: here.path, engaged_seconds: seconds })
  }
  const mark = name => MARKS.includes(name) || MARKS.push(name)
  const clicked = click => {
    const a = click.target.closest?.("a[href]"), now = performance.now()
    if (!a) return
    if (now - clickedAt > 3e3) [clicks, clickedAt] = [0, now]
    // A link that people cannot see; more links in three seconds than anybody follows.
    if (a.hasAttribute("data-ripeline-trap")) mark("honeypot")
    if (++clicks > 5) mark("all-links")
    if (click.button > 1 || !/^https?:/.test(a.href)) return
    const url = clean(a.href)
    if (FILES.test(a.pathname) || a.dataset.ripelineAsset) {
      track("File Downloaded", { asset: a.dataset.ripelineAsset, file: a.pathname.split("/").pop(), url })
    } else if (a.host !== place.host) track("Outbound Link Clicked", { url })
  }
  // A form of Ripeline's: to send it is the visitor's own act. Whose browser it is, and how they came, goes along with
  // their consent alone.
  const say = fields => {
    const url = clean(place.href), hush = why()
    fields.set("ripeline_page", hush ? url.split("?")[0] : url)
    fields.set("ripeline_visitor", hush ? "-" : browser())
  }
  const submitted = submit => {
    const form = submit.target, says = name => form.getAttribute(name)
    const adopted = says("data-ripeline-form")
    // Where it is sent to Ripeline by itself, it is noted there.
    if (`${form.action}`.startsWith(`${host}/f/`)) return on(form, "formdata", sent => say(sent.formData))
    if (adopted) {
      // What is filled in goes to Ripeline too, as if it had been sent there: words, no files; of what is longer than
      // any field may be, the beginning.
      const fields = new URLSearchParams(), to = `${host}/f/${adopted}/`
      new FormData(form).forEach((value, name) => value.trim && fields.append(name, value.slice(0, 5001)))
      form.querySelectorAll("[type=password],[autocomplete^=cc-]").forEach(field => fields.delete(field.name))
      say(fields)
      // A beacon is no larger than 64 KB, with all others that are on their way.
      nav.sendBeacon(to, fields) || fetch(to, { method: "POST", body: fields, mode: "no-cors" }).catch(() => {})
      return
    }
    // Searching and signing in tell nothing of a lead.
    if (says("role") === "search" || form.querySelector(NO_LEAD)) return
    const properties = { form: says("id") || says("name") || says("action") || place.pathname }
    form.querySelectorAll("[data-ripeline]").forEach(({ type, name, value, checked, dataset }) => {
      if (!/password|file/.test(type) && (checked || !/radio|checkbox/.test(type))) properties[dataset.ripeline || name] = value
    })
    track("Form Submitted", properties)
  }

  const api = {
    track,
    page,
    consent,
    state,
    identify: (user, traits) =>
      add("identify", user && typeof user === "object" ? { traits: user } : { userId: user, traits }),
    forget: () => {
      wipe()
      own = ""
      put(CONSENT)
    },
    push: call => api[call[0]]?.(...call.slice(1)),
  }

  const start = () => {
    own = get(CONSENT)
    const found = /[?&]rl=([\w.:~-]+)/.exec(place.search)
    if (found) {
      link = found[1]
      history.replaceState(history.state, "", bare(place.href))
    }
    const layer = (window.dataLayer = window.dataLayer || [])
    layer.forEach(hear)
    const push = layer.push
    layer.push = (...calls) => {
      calls.forEach(hear)
      return push.apply(layer, calls)
    }
    for (const name of ["pushState", "replaceState"]) {
      const as = history[name]
      history[name] = function (...said) {
        as.apply(history, said)
        if (set.pages !== "off") moved()
      }
    }
    if (set.pages !== "off") {
      page()
      on(window, "popstate", moved)
    }
    on(window, "pageshow", shown => {
      if (!shown.persisted) return
      isSending = false
      if (set.pages !== "off") page()
    })
    const early = window.ripeline || []
    window.ripeline = api
    early.forEach?.(api.push)
    on(window, "pointerdown pointermove keydown scroll touchstart", moving)
    on(window, "online", send)
    on(window, "pagehide", leave)
    on(doc, "visibilitychange", () => {
      if (doc.hidden) {
        engaged()
        send()
      } else moving()
      isVisible = !doc.hidden
      activeAt = performance.now()
    })
    on(doc, "click auxclick", clicked)
    on(doc, "submit", submitted)
    tell()
    later(0)
  }
  // A page that is drawn in advance was not seen yet.
  doc.prerendering ? on(doc, "prerenderingchange", start) : start()
})()
