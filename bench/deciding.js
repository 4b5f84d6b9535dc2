// What the bench sees of a page that somebody decides on: it watches, and changes nothing.
window.bench = (() => {
  const WORDS = ".who, .title, .sentence, .says, .same";
  const EDGE = 3; // pixels inside a line of words
  const STILL = 8; // frames
  const seen = new Set(); // what was on the screen: an item's words by their place, and which end of them
  const ask = window.fetch;
  let asking = 0;
  let ready = 0;
  let drawn = null; // milliseconds from the last act until the screen was drawn anew
  let came = null; // … until it shows another row that keys are about, or none
  let before = null;

  window.fetch = (...what) => {
    asking += 1;
    return ask(...what).finally(() => (asking -= 1));
  };
  for (const kind of ["keydown", "mouseup", "touchend"])
    addEventListener(
      kind,
      ({ timeStamp }) => {
        drawn = frame().then(() => performance.now() - timeStamp);
        came = moved(timeStamp);
      },
      { capture: true, passive: true },
    );

  // Once the next frame is drawn.
  const frame = () =>
    new Promise((done) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = done;
      requestAnimationFrame(() => port2.postMessage(null));
    });
  const list = () => document.getElementById("items");
  const row = () => list()?.querySelector(".at") ?? list()?.querySelector(":scope > li") ?? null;
  const items = (of) => (of.matches(".fold") ? [...of.querySelectorAll("li.item")] : [of]);
  const box = ({ left, top, right, bottom }) => [left, top, right, bottom];
  const hit = (element, x, y) => element.contains(document.elementFromPoint(x, y));

  // Both ends of all that there is to read of an item: [its name, whether it is on the screen, how far down it is].
  function ends(item) {
    const words = [...item.querySelectorAll(WORDS)].filter((part) => part.closest("li.item") === item);
    return words.flatMap((part, place) => {
      const { left, top, bottom } = part.getBoundingClientRect();
      return [top + EDGE, bottom - EDGE].map((y, end) => [`${item.dataset.uid} ${place} ${end}`, hit(part, left + EDGE, y), y]);
    });
  }

  // The row that one is at, its items, those of them that were not wholly on the screen yet, and what can be pressed.
  function look() {
    before = row();
    if (!before) return null;
    const every = items(before).map((item) => [item, ends(item)]);
    for (const [name, shown] of every.flatMap(([, found]) => found)) if (shown) seen.add(name);
    const hidden = every.flatMap(([, found]) => found).filter(([name]) => !seen.has(name));
    const form = [...before.querySelectorAll("form.acts")].find((found) => found.closest("li") === before);
    return {
      items: every.map(([item]) => [item.dataset.uid, Boolean(item.querySelector(".same"))]),
      hidden: hidden.map(([, , y]) => y),
      folded: before.matches(".fold"),
      buttons: Object.fromEntries([...form.querySelectorAll("[name=decision]")].map((one) => [one.value, place(one)])),
    };
  }

  // Where something is that can be pressed just now; nothing where it is not on the screen.
  function place(element) {
    const [left, top, right, bottom] = box(element.getBoundingClientRect());
    return hit(element, (left + right) / 2, (top + bottom) / 2) ? [left, top, right, bottom] : null;
  }

  async function moved(since) {
    do await frame();
    while (row() === before || (row() && document.activeElement !== row()));
    return performance.now() - since;
  }

  // Milliseconds until a page that was scrolled stands.
  async function still() {
    const from = performance.now();
    for (let rest = 0, at = scrollY; rest < STILL; rest = scrollY === at ? rest + 1 : 0, at = scrollY) await frame();
    return performance.now() - from;
  }

  // Until nothing is asked of the server, or somebody has read for so long.
  async function rest(seconds) {
    const end = performance.now() + seconds * 1000;
    for (let quiet = 0; quiet < 3 && performance.now() < end; quiet = asking ? 0 : quiet + 1) await frame();
  }

  async function begun() {
    while (!ready) await frame();
    return ready;
  }

  (async () => {
    do await frame();
    while (!list()?.matches(".live"));
    ready = performance.now();
  })();

  return { look, came: () => came, drawn: () => drawn, still, rest, begun, place: (selector) => place(document.querySelector(selector)) };
})();
