// What is said beside the list: what was just done, what was not and why, what others did, and how many wait.
import { paint } from "./keys.js";

const bar = document.getElementById("told");
const words = new Map(
  [...(document.getElementById("words")?.content.children ?? [])].map((line) => [line.dataset.word, line.textContent]),
);
const plural = new Intl.PluralRules(document.documentElement.lang);
const MOST = 2; // lines of what others did, and of what was not done
const COUNTED = 1000; // as far as the server counts

export function word(name, what = "") {
  return words.get(name).replace("{what}", what);
}

// The word for so many.
export function wordsFor(name, number) {
  return word(`${name}.${plural.select(number)}`, number);
}

export function done(said, canBeUndone) {
  bar.querySelector(".done")?.remove();
  if (!said) return;
  const line = document.getElementById("done").content.firstElementChild.cloneNode(true);
  line.classList.add("done");
  line.querySelector("p").textContent = said;
  if (!canBeUndone) line.querySelector("form").remove();
  paint(line);
  bar.append(line);
  document.getElementById("said").textContent = said; // for who does not see the bar
}

// Something was not done, or not as one thinks. It stays until it is put away.
export function alert(said, ...buttons) {
  const line = shape("bad", said, ...buttons);
  const away = button(word("close"), () => line.remove());
  line.append(away);
  push(document.getElementById("alerts"), line);
}

// What others did; on the screen where nobody sees it otherwise.
export function news(said, seen) {
  document.getElementById("said").textContent = said;
  if (seen) return;
  const line = shape("news", said);
  push(document.getElementById("news"), line);
  setTimeout(() => line.remove(), 20_000);
}

export function button(label, does) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.addEventListener("click", does);
  return made;
}

export function link(label, address) {
  const made = document.createElement("a");
  made.className = "button";
  made.textContent = label;
  made.href = address;
  return made;
}

// Whether the server can be heard at all; what one sees may be old while it can't.
export function adrift(name) {
  const line = document.getElementById("adrift");
  const said = name ? `${word(name)} ${word("adrift")}` : "";
  if (line.textContent !== said) line.textContent = said;
  line.hidden = !name;
}

export function chosen(number) {
  const line = document.querySelector("#chosen .number");
  if (line) line.textContent = word("chosen", number);
}

export function arrived(number, many, does) {
  const offer = document.getElementById("new");
  offer.hidden = number === 0;
  const said = many ? word("new.other", `${number}+`) : wordsFor("new", number);
  if (offer.textContent !== said) offer.textContent = said;
  offer.onclick = does;
}

// How many wait: what the server said last, and what it will say when it has heard of what is under way.
let known = Number(document.querySelector("[data-waiting]")?.dataset.waiting ?? 0);
const expected = new Map();

export function waiting(number) {
  if (number !== undefined) known = number;
  draw();
}

// How many each reason concerns.
export function reasons(numbers) {
  for (const count of document.querySelectorAll("[data-why]")) count.textContent = upTo(numbers[count.dataset.why] ?? 0);
}

export function expect(act, change) {
  expected.set(act, change);
  draw();
}

export function came(act) {
  expected.delete(act);
}

function draw() {
  const number = Math.max(0, [...expected.values()].reduce((sum, change) => sum + change, known));
  const said = upTo(number);
  for (const count of document.querySelectorAll("[data-waiting]")) {
    count.textContent = said;
    count.hidden = number === 0;
  }
  document.title = document.title.replace(/ \(\d+\+?\)/, number ? ` (${said})` : "");
}

function upTo(number) {
  return number < COUNTED ? `${number}` : `${COUNTED - 1}+`;
}

function shape(look, said, ...further) {
  const line = document.createElement("div");
  line.className = `line ${look}`;
  const text = document.createElement("p");
  text.dir = "auto";
  text.textContent = said;
  line.append(text, ...further.filter(Boolean));
  return line;
}

function push(lines, line) {
  lines.append(line);
  while (lines.children.length > MOST) lines.firstElementChild.remove();
}
