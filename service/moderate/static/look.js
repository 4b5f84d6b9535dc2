// Where one is: the row that keys and, on a phone, the buttons at the foot of the screen are about. It moves by keys,
// by what has the focus, and on a phone by scrolling; a decision moves it on without waiting.
import { OPEN, all, list, more, rowOf, rows, sweep } from "./list.js";
import { settled } from "./send.js";
import * as told from "./told.js";

const docked = matchMedia("(pointer: coarse) and (max-width: 39.99rem)"); // the buttons are at the foot of the screen
const MARGIN = 76; // pixels above a row that was scrolled to
const FOOT = 92; // pixels below which what is said and docked lies

const ROW = `${OPEN} li.item, #items > li`;

const alike = {
  host: (item) => item.dataset.host,
  author: (item) => item.querySelector(".name")?.textContent,
  text: (item) => [...item.querySelectorAll(".sentence, .says")].map((part) => part.textContent).join(" ").toLowerCase(),
};

let scrolled = false; // whether it was us
let begun = false; // whether one has moved: before, the first row is where one is, and "next" leads to it

export function begin() {
  list.classList.add("live");
  const named = /^#(item|fold)-/.test(location.hash) && document.getElementById(location.hash.slice(1));
  if (named) go(rowOf(named));
  else {
    mark(rows()[0]);
    begun = docked.matches || list.dataset.view === "one";
  }
  more(current());
  list.addEventListener("focusin", ({ target }) => {
    begun = true;
    mark(target.closest(ROW));
  });
  list.addEventListener("click", ({ target }) => docked.matches && mark(target.closest(ROW)));
  list.addEventListener("change", tellChosen);
  document.addEventListener("scroll", follow, { passive: true });
  tellChosen();
}

export const isFirst = () => rows().indexOf(current()) < 1;
export const current = () => list?.querySelector(".at") ?? null;

// The buttons of where one is; on an item's own page, of the item.
export const form = () => formOf(list ? current() : document.querySelector("main .whole"));

function formOf(row) {
  return row && [...row.querySelectorAll("form.acts")].find((found) => found.closest("li, .whole") === row);
}

export function step(by) {
  const at = current();
  const shown = rows();
  const place = at ? shown.indexOf(at) : -1;
  const to = shown[Math.max(0, place < 0 ? after(at, shown) : begun ? place + by : place)];
  if (to && (to !== at || !begun)) go(to);
  else if (by < 0) document.querySelector("a[rel=prev]")?.click();
  sweep();
  more(current());
}

export function go(row) {
  begun = true;
  mark(row);
  row.tabIndex = -1;
  row.focus({ preventScroll: true });
  const { top, bottom } = row.getBoundingClientRect();
  if (top < MARGIN / 2 || bottom > innerHeight - FOOT) scroll(top - MARGIN);
}

// Does what takes rows away, and goes on to the next one; a mouse finds its buttons where the last ones were.
export function goOn(takeAway, pointed) {
  const at = current();
  const shown = rows();
  const place = height(at);
  const later = shown.slice(shown.indexOf(at));
  const earlier = shown.slice(0, Math.max(0, shown.indexOf(at))).reverse();
  takeAway();
  sweep();
  const left = rows();
  const next = at && [...later, ...earlier].find((row) => left.includes(row));
  if (next && pointed && !fixed()) {
    scroll(height(next) - place);
    mark(next);
    next.tabIndex = -1;
    next.focus({ preventScroll: true });
  } else if (next) go(next);
  tellChosen();
  return more(next);
}

export function mark(row) {
  if (!row || row === current()) return;
  current()?.classList.remove("at");
  row.classList.add("at");
}

export function choose() {
  const boxes = [...(current()?.querySelectorAll("input.pick") ?? [])];
  check(boxes, !boxes.every((box) => box.checked));
}

export function chooseAll() {
  const boxes = all().flatMap((item) => [...item.querySelectorAll("input.pick")]);
  check(boxes, !boxes.every((box) => box.checked));
}

// All on the screen that have the same host, author or text as this one.
export function chooseLike(what) {
  const item = current()?.matches(".fold") ? all(current())[0] : current();
  const same = item && alike[what](item);
  const found = all().filter((other) => other === item || (same && alike[what](other) === same));
  check(found.flatMap((other) => [...other.querySelectorAll("input.pick")]), true);
}

export function fold() {
  const folded = current()?.closest(".fold");
  const details = folded?.querySelector(".unfold");
  if (!details) return;
  details.open = !details.open;
  go(folded);
}

export function open(selector) {
  const link = (list ? current() : document.querySelector("main .whole"))?.querySelector(selector);
  if (link?.target) window.open(link.href, link.target, "noopener,noreferrer");
  else if (link) settled().then(() => location.assign(link.href));
}

function check(boxes, checked) {
  for (const box of boxes) box.checked = checked;
  tellChosen();
}

function tellChosen() {
  told.chosen(list.querySelectorAll("input.pick:checked").length);
}

// The first row below one that is no longer among them.
function after(at, shown) {
  if (!at) return 0;
  return shown.findIndex((row) => at.compareDocumentPosition(row) & Node.DOCUMENT_POSITION_FOLLOWING);
}

// Where on the screen a row's buttons begin; those of a long fold are not where it begins.
function height(row) {
  return (formOf(row)?.querySelector("button") ?? row)?.getBoundingClientRect().top;
}

// Whether the buttons stand at the foot of the screen, whichever row it is.
const fixed = () => docked.matches || list.dataset.view === "one";

function scroll(by) {
  const before = scrollY;
  scrollBy({ top: by, behavior: "instant" });
  scrolled = scrollY !== before;
}

function follow() {
  if (scrolled || !docked.matches) scrolled = false;
  else mark(rows().find((row) => row.getBoundingClientRect().bottom > innerHeight * 0.35));
}
