// Looks every few seconds, while the page is before somebody, what others decided and what came in meanwhile.
import { isBusy } from "./acts.js";
import { all, beginning, belongs, find, list, putInNew, renew, settle, title } from "./list.js";
import * as look from "./look.js";
import { get, idle, settled } from "./send.js";
import * as told from "./told.js";

const EVERY = 5_000; // milliseconds
const SOON = 1_000;
const query = new URLSearchParams(location.search);
const further = query.has("after") || query.has("at"); // the head of the list is not on the screen
let heardOf = list?.dataset.heard;
let timer = 0;
let soon = 0;
let looking = false;
let signedOut = false;
let head = null; // ids at the head of the list when it was first heard of, where it is not on the screen

export function watch() {
  for (const name of ["focus", "online", "offline", "pageshow"]) addEventListener(name, lookNow);
  document.addEventListener("visibilitychange", lookNow);
  addEventListener("answered", lookSoon);
  timer = setTimeout(lookNow, further ? 0 : EVERY);
}

// After a decision the other numbers of the page are no longer right.
function lookSoon() {
  soon ||= setTimeout(lookNow, SOON);
}

async function lookNow() {
  clearTimeout(timer);
  clearTimeout(soon);
  soon = 0;
  if (!looking && document.visibilityState === "visible") {
    looking = true;
    await settled();
    heard(await get(`changes?${new URLSearchParams({ ...Object.fromEntries(query), heard: heardOf })}`));
    looking = false;
  }
  timer = setTimeout(lookNow, EVERY);
}

function heard(answer) {
  const out = answer.failed === "signed_out";
  if (out && !signedOut && !document.querySelector("#alerts a")) told.alert(told.word("signed_out"), told.link(told.word("sign_in"), "sign-in"));
  signedOut = out;
  told.adrift(out ? null : answer.failed);
  if (answer.failed) return;
  heardOf = answer.heard;
  answer.changed.forEach(changed);
  told.waiting(answer.waiting);
  told.reasons(answer.reasons);
  const fresh = list.dataset.view === "one" ? 0 : arrived(answer.first); // there they stand before, and move nothing
  told.arrived(fresh, answer.more && fresh === answer.first.length, showNew);
  if (answer.behind && idle()) lookNow();
}

function changed({ id, state, latest, waits, said }) {
  const item = find(id);
  if (!item || isBusy(id)) return;
  if (!belongs(state, waits)) {
    if (item.classList.contains("settled")) return;
    const { top, bottom } = item.getBoundingClientRect();
    told.news(`${told.word("of", title(item))} ${said}`, bottom > 0 && top < innerHeight);
    settle(item, said);
  } else if (item.classList.contains("settled") || item.dataset.from !== state || item.dataset.seen !== `${latest ?? ""}`)
    renew(id);
}

// How many stand at the head of the list that are not on the screen: what stands behind the last one that is, comes
// when one gets there.
function arrived(first) {
  if (further) {
    head ??= new Set(first);
    const old = first.findIndex((id) => head.has(id));
    return old < 0 ? first.length : old;
  }
  const here = new Set(all().map((item) => item.dataset.uid));
  const last = first.findLastIndex((id) => here.has(id));
  return (last < 0 ? first : first.slice(0, last)).filter((id) => !here.has(id) && !isBusy(id)).length;
}

async function showNew() {
  await settled();
  if (further) return location.assign(beginning());
  const first = await putInNew();
  told.arrived(0);
  if (first) look.go(first);
}
