// The list in the browser: a decision takes effect at once and is sent in the background; the server has the last word.
// Without any of this the same forms and links do the same, a page at a time.
import * as acts from "./acts.js";
import { listen } from "./keys.js";
import { list } from "./list.js";
import * as look from "./look.js";
import { idle, settled } from "./send.js";
import { watch } from "./watch.js";

let pointed = false; // whether the last press was by mouse or finger: then the next buttons come to where it is

addEventListener("click", (event) => {
  if (event.isTrusted) pointed = event.detail > 0;
  const link = event.target.closest("a[href]");
  const leaves = link && !link.target && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (!leaves || idle() || event.defaultPrevented) return;
  event.preventDefault();
  settled().then(() => location.assign(link.href));
});

addEventListener("beforeunload", (event) => idle() || event.preventDefault());

if (list) {
  for (const [name, by] of [["next", 1], ["previous", -1]])
    document.querySelector(`.pace [data-does=${name}]`)?.addEventListener("click", (event) => {
      if (by < 0 && look.isFirst()) return;
      event.preventDefault();
      look.step(by);
    });
  addEventListener("submit", (event) => {
    const { target: form, submitter: button } = event;
    if (form.closest(".done")) acts.undo();
    else if (button?.name === "decision" && (list.contains(form) || form.id === "chosen"))
      acts.decide(form, button, pointed);
    else return;
    event.preventDefault();
  });
  acts.remember();
  look.begin();
  watch();
}

const press = (value) => () => {
  pointed = false;
  if (list && !look.current()) look.step(1);
  else look.form()?.querySelector(`[name=decision][value=${value}]`)?.click();
};
const pressForChosen = (value) => () => {
  pointed = false;
  document.querySelector(`#chosen [value=${value}]`)?.click();
};

listen(
  {
    next: () => look.step(1),
    previous: () => look.step(-1),
    undo: () => (list ? acts.undo() : document.querySelector(".done button")?.click()),
    select: look.choose,
    host: () => look.chooseLike("host"),
    author: () => look.chooseLike("author"),
    text: () => look.chooseLike("text"),
    fold: look.fold,
    source: () => look.open("a.source"),
    item: () => look.open("a.closer"),
    answer: () => look.open("a.answering"),
    rule: () => look.open("a.ruling"),
    ...Object.fromEntries(["approve", "reject", "spam", "wait", "keep", "retry"].map((name) => [name, press(name)])),
  },
  {
    select: look.chooseAll,
    ...Object.fromEntries(["approve", "reject", "spam", "wait"].map((name) => [name, pressForChosen(name)])),
  },
);
