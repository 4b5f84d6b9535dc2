// Decisions and taking them back. Each takes effect on the screen at once and is sent in its turn; what the server did
// not do comes back to where it stood, with a word. What was done is remembered for as long as the tab is open.
import { belongs, bringBack, find, list, putInNew, renew, rowOf, say, take, title } from "./list.js";
import * as look from "./look.js";
import { post } from "./send.js";
import * as told from "./told.js";

const MOST = 500; // items of one request
const REMEMBERED = 100;
const KEPT = `reflections.done.${document.querySelector(".self bdi")?.textContent ?? ""}`;

const past = []; // what was done, the last one last
const busy = new Map(); // id → how many requests about it are under way

export const isBusy = (id) => busy.has(id);

export function decide(form, button, pointed) {
  const row = form.closest("li");
  look.mark(row);
  const label = button.firstChild.textContent.trim();
  for (const fields of requests(new FormData(form), button.value)) {
    const ids = fields.has("id") ? [fields.get("id")] : fields.getAll("item").map((item) => item.split(" ")[0]);
    if (!ids.length) return;
    const names = new Map(ids.map((id) => [id, title(find(id))]));
    const act = { ids, undo: null, what: called(names), label, names };
    past.push(act);
    for (const id of ids) if (find(id)) say(find(id), "");
    look.goOn(() => ids.forEach(take), pointed);
    told.done(`${label} ${act.what}…`, true);
    send(form.getAttribute("action"), () => fields, act, ids, list.dataset.list === "waiting" ? -ids.length : 0, taken);
  }
}

export function undo() {
  const act = past.pop();
  if (!act) return;
  const back = act.ids.filter(bringBack);
  if (back.length) look.go(rowOf(find(back[0])));
  told.done(`${told.word("undo")} ${act.what}…`, past.length > 0);
  const change = list.dataset.list === "waiting" ? back.length : 0;
  send("undo", () => act.undo, { ...act, was: act, back }, act.ids, change, undone);
}

// What was done before this page was opened can be undone as well.
export function remember() {
  past.push(...JSON.parse(sessionStorage.getItem(KEPT) ?? "[]"));
  const form = document.querySelector(".done form");
  const field = form?.querySelector("[name=event], [name=batch]");
  if (!field || past.some((act) => act.undo[field.name] === Number(field.value))) return;
  past.push({ ids: [], undo: { [field.name]: Number(field.value) }, what: "", label: "" });
}

function keep() {
  const told = past.filter((act) => act.undo).slice(-REMEMBERED);
  sessionStorage.setItem(KEPT, JSON.stringify(told.map(({ ids, undo, what, label }) => ({ ids, undo, what, label }))));
}

function send(path, fields, act, ids, change, then) {
  for (const id of ids) busy.set(id, (busy.get(id) ?? 0) + 1);
  told.expect(act, change);
  post(path, fields).then((answer) => {
    for (const id of ids) busy.get(id) > 1 ? busy.set(id, busy.get(id) - 1) : busy.delete(id);
    told.came(act);
    if (answer) then(act, answer);
    told.waiting(answer?.waiting);
    keep();
    dispatchEvent(new Event("answered"));
  });
}

// The server has answered a decision.
function taken(act, answer) {
  if (answer.failed) return notTaken(act, answer.failed);
  act.undo = answer.undo ?? null;
  for (const one of answer.results) came(act, one);
  if (!act.undo) drop(act);
  if (!past.length || past.at(-1) === act || !act.undo) told.done(answer.said, past.length > 0);
}

function notTaken(act, failed) {
  drop(act);
  for (const id of act.ids.filter((one) => !isBusy(one))) {
    bringBack(id);
    if (find(id)) say(find(id), told.word(failed));
  }
  told.done("");
  told.alert(`${told.word(failed)} ${counted("not_decided", act)}`, wayBack(act.ids[0]), wayIn(failed));
}

function undone(act, answer) {
  if (answer.failed) {
    act.back.filter((id) => !isBusy(id)).forEach(take);
    past.push(act.was);
    told.done("");
    return told.alert(`${told.word(answer.failed)} ${counted("not_undone", act)}`, wayIn(answer.failed));
  }
  for (const one of answer.results) came(act, one);
  told.done(answer.said ?? "", past.length > 0);
  const elsewhere = answer.results.filter((one) => !one.error && belongs(one.state) && !find(one.id));
  if (elsewhere.length) putInNew().then((first) => first && look.go(rowOf(find(elsewhere[0].id) ?? first)));
}

// What became of an item that is not, or should not be, on the screen; where more of it is under way, that decides.
function came(act, { id, state, error, now }) {
  const stays = belongs(error ? now : state);
  if (isBusy(id)) return;
  if (stays && (bringBack(id) || error || list.dataset.list !== "waiting")) renew(id);
  else if (!stays && find(id)) take(id);
  if (error) told.alert(`${told.word("of", act.names?.get(id) || act.what)} ${error}`, stays && wayBack(id));
}

function drop(act) {
  if (past.includes(act)) past.splice(past.indexOf(act), 1);
}

// One request for each five hundred items that were chosen.
function requests(fields, decision) {
  if (fields.has("id")) {
    fields.append("decision", decision);
    return [fields];
  }
  const items = fields.getAll("item");
  const parts = [];
  while (items.length) {
    const part = new FormData();
    for (const item of items.splice(0, MOST)) part.append("item", item);
    part.append("decision", decision);
    parts.push(part);
  }
  return parts;
}

function called(names) {
  return names.size === 1 ? told.word("quoted", [...names.values()][0]) : `${names.size}`;
}

function counted(name, act) {
  return act.ids.length === 1 ? told.word(`${name}.one`, act.what) : told.wordsFor(name, act.ids.length);
}

function wayBack(id) {
  return find(id) && told.button(told.word("show"), () => find(id) && look.go(rowOf(find(id))));
}

function wayIn(failed) {
  const here = `?next=${encodeURIComponent(location.pathname + location.search)}`;
  return failed === "signed_out" ? told.link(told.word("sign_in"), `sign-in${here}`) : null;
}
