// What is ticked follows for everybody: ticking chooses so, choosing that nothing follows takes the ticks away.
document.addEventListener("change", (event) => {
  const form = event.target.closest(".publish-form");
  if (!form) return;
  if (event.target.name === "reactions" && event.target.checked) form.querySelector('[name="reach"][value="all"]').checked = true;
  if (event.target.name === "reach" && event.target.value !== "all") {
    for (const box of form.querySelectorAll('[name="reactions"]')) box.checked = false;
  }
});
