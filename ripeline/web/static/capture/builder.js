// Fields of a form dragged to another place. The order in which they stand is the order in which they are sent, so
// there is nothing else to keep; the buttons beside each do the same without a mouse and without scripts.
const list = document.querySelector("[data-sortable]")

list?.addEventListener("pointerdown", event => {
  const grip = event.target.closest("[data-grip]"), item = grip?.closest("[data-item]")
  if (!item || event.button) return
  event.preventDefault()
  grip.setPointerCapture(event.pointerId)
  item.classList.add("is-dragged")
  const before = [...list.children]
  const move = ({ clientY }) => {
    const others = [...list.querySelectorAll("[data-item]")].filter(each => each !== item)
    const next = others.find(each => clientY < each.getBoundingClientRect().top + each.offsetHeight / 2)
    next ? next.before(item) : list.append(item)
  }
  const end = () => {
    grip.removeEventListener("pointermove", move)
    item.classList.remove("is-dragged")
    if ([...list.children].some((each, place) => each !== before[place]))
      form.requestSubmit(form.querySelector("button[value=save]"))
  }
  grip.addEventListener("pointermove", move)
  grip.addEventListener("lostpointercapture", end, { once: true })
})

// What was typed is not lost by a slip of the finger.
const form = document.querySelector("[data-builder]")
let isChanged = false
form?.addEventListener("input", () => (isChanged = true))
form?.addEventListener("submit", () => (isChanged = false))
addEventListener("beforeunload", event => isChanged && event.preventDefault())
document.addEventListener("keydown", event => {
  if ((event.ctrlKey || event.metaKey) && event.key === "s" && form) {
    event.preventDefault()
    form.requestSubmit(form.querySelector("button[value=save]"))
  }
})
