// Keys for the lists: j and k go from item to item; a, r, s (and k-eep, t-ry by Tab) press the item's button; u undoes.
const items = [...document.querySelectorAll(".items > .item")];
let at = items.findIndex((item) => `#${item.id}` === location.hash);

function go(to) {
  at = Math.max(0, Math.min(items.length - 1, to));
  items[at]?.focus({ preventScroll: true });
  items[at]?.scrollIntoView({ block: "center" });
}

if (at >= 0) go(at);

addEventListener("focusin", (event) => {
  const item = event.target.closest?.(".items > .item");
  if (item) at = items.indexOf(item);
});

addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select")) return;
  if (event.key === "j") go(at + 1);
  else if (event.key === "k") go(at - 1);
  else if (event.key === "u") document.querySelector("[data-key=u]")?.click();
  else if ("ars".includes(event.key)) items[at]?.querySelector(`[data-key=${event.key}]`)?.click();
  else return;
  event.preventDefault();
});
