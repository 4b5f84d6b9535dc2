// What the list shows. An item that is decided is taken out, and a mark stays where it stood, so that it can come back
// to just there; items that came meanwhile are put in only when somebody asks for them.
import { paint } from "./keys.js";
import { page } from "./send.js";

export const list = document.getElementById("items");

export const OPEN = ".fold:has(> header > .unfold[open])"; // a fold whose items are gone through one by one

const AHEAD = list?.dataset.view === "one" ? 3 : 10; // rows that are at hand before the last
const away = new Map(); // id → its element that was taken out
const marks = new Map(); // element → the mark where it stood
const from = new WeakMap(); // element → the page that it came with

export const find = (id) => document.getElementById(`item-${id}`);
export const title = (item) => (item?.querySelector(".title") ?? item?.querySelector(".name"))?.textContent.trim() ?? "";
export const all = (root = list) => [...root.querySelectorAll("li.item:not(.settled)")];

// What one goes through with the keys: items, and what belongs together as one while it is folded.
export function rows() {
  const inside = `:scope > li:not(.settled), :scope > ${OPEN} li.item:not(.settled)`;
  return [...list.querySelectorAll(inside)].filter((row) => !row.matches(".fold") || all(row).length);
}

export function rowOf(item) {
  return item.closest(`.fold:not(${OPEN})`) ?? item;
}

// Whether an item in this state is one for this list.
export function belongs(state, waits = state === "pending") {
  const shows = list.dataset.list;
  return shows === "waiting" ? waits : shows === "all" || shows === state;
}

export function take(id) {
  const item = find(id);
  if (!item) return;
  const fold = item.closest(".fold");
  away.set(id, item);
  lift(item);
  count(fold, item, false);
  if (fold && !fold.querySelector("li.item")) lift(fold);
}

// Whether it came back to where it stood.
export function bringBack(id) {
  const item = away.get(id);
  if (!item) return false;
  away.delete(id);
  const fold = marks.get(item).parentNode?.closest?.(".fold");
  if (marks.has(fold)) lower(fold);
  lower(item);
  count(fold, item, true);
  nothing();
  return true;
}

// Somebody else decided it: it stands there with a word until whoever looks goes on.
export function settle(item, word) {
  if (item.classList.contains("settled")) return;
  item.classList.add("settled");
  count(item.closest(".fold"), item, false);
  say(item, word);
  for (const form of item.querySelectorAll("form")) form.inert = true;
  for (const box of item.querySelectorAll("input.pick")) box.checked = false;
}

export function sweep() {
  for (const item of list.querySelectorAll("li.item.settled")) {
    const fold = item.closest(".fold");
    item.remove();
    if (fold && !fold.querySelector("li.item")) fold.remove();
  }
}

// A word in the item itself; without one it says nothing more.
export function say(item, word) {
  item.querySelector(":scope > .word")?.remove();
  if (!word) return;
  const line = document.createElement("p");
  line.className = "word";
  line.textContent = word;
  item.append(line);
}

// The item as it is now, in its place; taken out where it is no longer on its page.
export async function renew(id) {
  const old = find(id);
  const now = (await page(from.get(old) ?? location.href))?.getElementById(`item-${id}`);
  if (!old?.isConnected) return;
  if (!now) return take(id);
  const at = old.classList.contains("at");
  old.replaceWith(adopt(now, from.get(old)));
  find(id).classList.toggle("at", at);
  count(find(id).closest(".fold"), find(id), true);
}

// Fetches what is further down before it is needed.
let further = document.querySelector("a[rel=next]")?.href;
let fetching = false;
export async function more(row) {
  const shown = rows();
  const address = further;
  if (fetching || !address || (row && shown.length - shown.indexOf(row) > AHEAD)) return nothing();
  fetching = true;
  const next = await page(address);
  fetching = false;
  if (!next) return;
  for (const found of next.querySelectorAll("#items > li"))
    if (!idsOf(found).some(known)) list.append(adopt(found, address));
  further = next.querySelector("a[rel=next]")?.href;
  const link = document.querySelector(".turn a[rel=next]");
  if (link && further) link.href = further;
  else link?.remove();
  await more(row);
}

// Where the list begins.
export function beginning() {
  const address = new URL(location);
  for (const name of ["after", "at", "done", "batch"]) address.searchParams.delete(name);
  return address;
}

// Puts in what stands at the head of the list by now: what came meanwhile, and what it made of what was there.
// The first of it.
export async function putInNew() {
  const address = beginning();
  const head = await page(address);
  let first = null;
  const found = [...(head?.querySelectorAll("#items > li") ?? [])];
  for (const [place, row] of found.entries()) {
    const ids = idsOf(row);
    const here = ids.map(find).filter(Boolean);
    if (here.length === ids.length && new Set(here.map((item) => item.closest("#items > li"))).size === 1) continue;
    const before = here[0] ?? found.slice(place + 1).flatMap(idsOf).map(find).find(Boolean);
    if (!before && list.querySelector("li.item")) continue; // it stands further down: it comes when one gets there
    const now = adopt(row, address.href);
    list.insertBefore(now, before?.closest("#items > li") ?? null);
    for (const id of ids) forget(id, now);
    first ??= now;
  }
  nothing();
  return first;
}

// Says so where there is nothing, and nothing more to come.
export function nothing() {
  const shown = document.querySelector("main > .empty");
  const empty = !list.querySelector("li.item") && !further;
  if (empty && !shown) list.after(document.getElementById("nothing").content.cloneNode(true));
  else if (!empty) shown?.remove();
}

function lift(element) {
  const mark = document.createComment(element.id);
  element.replaceWith(mark);
  element.classList.remove("at");
  marks.set(element, mark);
}

function lower(element) {
  const mark = marks.get(element);
  marks.delete(element);
  if (mark.isConnected) mark.replaceWith(element);
  else list.prepend(element);
}

// Whether what belongs together is decided with this one of it.
function count(fold, { dataset }, counted) {
  const fields = [...(fold?.querySelectorAll(".fold-acts [name=item]") ?? [])];
  for (const field of fields.filter(({ value }) => value.split(" ")[0] === dataset.uid)) {
    field.disabled = !counted;
    if (counted) field.value = dataset.mark;
  }
  for (const number of fold?.querySelectorAll(".fold-acts .number") ?? [])
    number.textContent = fields.filter(({ disabled }) => !disabled).length;
}

function forget(id, unless) {
  const old = [away.get(id), ...document.querySelectorAll(`#item-${CSS.escape(id)}`)];
  away.delete(id);
  for (const item of old) {
    if (!item || unless.contains(item)) continue;
    const fold = item.closest(".fold");
    marks.get(item)?.remove();
    marks.delete(item);
    item.remove();
    if (fold && fold !== unless && !fold.querySelector("li.item")) fold.remove();
  }
}

function adopt(element, address) {
  const ours = document.adoptNode(element);
  for (const item of [ours, ...ours.querySelectorAll("li.item")]) from.set(item, address);
  paint(ours);
  return ours;
}

const idsOf = (row) => [row, ...row.querySelectorAll("li.item")].map((item) => item.dataset.uid).filter(Boolean);
const known = (id) => Boolean(find(id)) || away.has(id);
