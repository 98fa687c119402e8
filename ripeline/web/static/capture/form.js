// What a form's page does besides: it counts that it was seen and begun, names where somebody came from, tells the page
// around it how high it is, and does the work that is asked against robots. Without it the form works all the same.
(() => {
  const form = document.querySelector("form[data-form]")
  const isFramed = window.parent !== window

  if (isFramed) {
    const tell = () => parent.postMessage({ ripeline: "height", height: document.documentElement.scrollHeight }, "*")
    new ResizeObserver(tell).observe(document.body)
    tell()
    const go = document.querySelector("[data-go]")
    if (go) parent.postMessage({ ripeline: "go", to: go.href }, "*")
    // Browsers heed autofocus in no frame of another site.
    document.querySelector("[autofocus]")?.focus()
    if (document.querySelector(".said")) parent.postMessage({ ripeline: "sent" }, "*")
  }
  if (!form) return

  const field = name => form.elements[`ripeline_${name}`]
  if (!field("page").value) field("page").value = location.href.split("#")[0]
  if (!field("referrer").value) field("referrer").value = document.referrer

  const beat = what => {
    const words = new URLSearchParams({ what, ripeline_token: field("token").value })
    navigator.sendBeacon(`/f/${form.dataset.form}/beat/`, words)
  }
  beat("viewed")
  form.addEventListener("input", () => beat("started"), { once: true })

  // Countries in the visitor's own language, where the browser knows them.
  form.querySelectorAll("select[data-countries]").forEach(list => {
    const names = new Intl.DisplayNames([document.documentElement.lang], { type: "region" })
    const [none, ...countries] = list.options
    for (const each of countries) each.textContent = names.of(each.value) || each.textContent
    const order = new Intl.Collator(document.documentElement.lang)
    const chosen = list.value
    list.replaceChildren(none, ...countries.sort((one, other) => order.compare(one.textContent, other.textContent)))
    list.value = chosen
  })

  // A number is looked for whose hash is the one asked for: the server knows it, we have to try.
  let work
  const solve = async task => {
    const started = performance.now(), letters = new TextEncoder()
    for (let number = 0; number <= task.maxNumber; number++) {
      const hash = await crypto.subtle.digest("SHA-256", letters.encode(task.salt + number))
      const hex = Array.from(new Uint8Array(hash), byte => byte.toString(16).padStart(2, "0")).join("")
      if (hex === task.challenge) {
        const { algorithm, challenge, salt, signature } = task
        const took = Math.round(performance.now() - started)
        return btoa(JSON.stringify({ algorithm, challenge, number, salt, signature, took }))
      }
    }
    return ""
  }
  if (form.dataset.challenge && window.crypto?.subtle) {
    const task = JSON.parse(form.dataset.challenge)
    form.addEventListener("input", () => (work = work || solve(task)), { once: true })
    form.addEventListener("submit", async submit => {
      if (form.elements.altcha) return
      submit.preventDefault()
      const button = form.querySelector("button[type=submit]"), said = form.querySelector(".checking")
      button.disabled = true
      said.textContent = form.dataset.checking
      const done = document.createElement("input")
      Object.assign(done, { type: "hidden", name: "altcha", value: await (work = work || solve(task)) })
      form.append(done)
      form.submit()
    })
  }
})()
