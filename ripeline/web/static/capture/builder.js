// Fields of a form dragged to another place. The order in which they stand is the order in which they are sent, so
// there is nothing else to keep; the buttons beside each do the same without a mouse and without scripts.
const list = document.querySelector("[data-sortable]")
let dragged

const itemAt = event => event.target.closest?.("[data-item]")

list?.addEventListener("pointerdown", event => {
  const item = event.target.closest("[data-grip]") && itemAt(event)
  list.querySelectorAll("[data-item]").forEach(each => (each.draggable = each === item))
})
list?.addEventListener("dragstart", event => {
  dragged = itemAt(event)
  dragged.classList.add("is-dragged")
  event.dataTransfer.effectAllowed = "move"
  event.dataTransfer.setData("text/plain", "")
})
list?.addEventListener("dragover", event => {
  const over = itemAt(event)
  if (!dragged || !over || over === dragged) return
  event.preventDefault()
  const box = over.getBoundingClientRect()
  const isBelow = event.clientY > box.top + box.height / 2
  over[isBelow ? "after" : "before"](dragged)
})
list?.addEventListener("drop", event => event.preventDefault())
list?.addEventListener("dragend", () => {
  dragged?.classList.remove("is-dragged")
  const moved = dragged
  dragged = undefined
  if (moved) list.closest("form").requestSubmit(list.closest("form").querySelector("button[value=save]"))
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
