// The life line: moving the handle names the day, letting it go shows the page as of then.
const life = document.getElementById("life");
if (life) {
  const range = life.querySelector(".life-range");
  const date = life.elements.as_of;
  const dayAt = (days) => {
    const [year, month, day] = range.dataset.born.split("-").map(Number);
    return new Date(Date.UTC(year, month - 1, day + days)).toISOString().slice(0, 10);
  };
  const isNow = () => range.value === range.max;
  const say = () => range.setAttribute("aria-valuetext", isNow() ? "now" : date.value);
  range.addEventListener("input", () => {
    date.value = isNow() ? "" : dayAt(Number(range.value));
    say();
  });
  let pause;
  // The page that follows is a new one: whoever steps by keyboard finds the handle again.
  if (sessionStorage.getItem("life-held")) range.focus({ preventScroll: true });
  sessionStorage.removeItem("life-held");
  range.addEventListener("change", () => {
    clearTimeout(pause); // arrow keys step day by day: wait for the last one
    if (document.activeElement === range) sessionStorage.setItem("life-held", "yes");
    pause = setTimeout(() => (isNow() ? (location.href = life.dataset.now) : life.requestSubmit()), 250);
  });
  life.elements.view.addEventListener("change", () => date.value && life.requestSubmit());
  say();
}
