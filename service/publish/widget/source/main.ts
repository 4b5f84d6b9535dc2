/**
 * The widget. One tag is enough, where the thread shall stand:
 *
 *     <script async src="https://SERVICE/widget.js"></script>
 *
 * It puts `<reflections-thread>` behind itself once the page is read, unless the page has a thread of its own, or
 * counts other pages; its `data-url`, `data-lang`, `data-theme` and `data-order` become the thread's attributes. A script of
 * `type="module"`, or in the head, can't see its place: there the page writes `<reflections-thread>` itself.
 */

import { ReflectionsCount } from "./count";
import { pageOf } from "./page";
import { ReflectionsThread } from "./thread";

const script = document.currentScript;

if (!customElements.get("reflections-thread")) {
  customElements.define("reflections-thread", ReflectionsThread);
  customElements.define("reflections-count", ReflectionsCount);
}

if (script instanceof HTMLScriptElement && document.body?.contains(script)) {
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", () => place(script));
  else place(script);
}

/** Whether the page has placed a thread itself, or is an overview that counts other pages. */
function isServed(page: string): boolean {
  const counts = [...document.querySelectorAll<ReflectionsCount>("reflections-count")];
  return !!document.querySelector("reflections-thread") || counts.some((count) => count.page !== page);
}

function place(script: HTMLScriptElement): void {
  const thread = document.createElement("reflections-thread");
  for (const name of ["url", "lang", "theme", "order"]) {
    const value = script.getAttribute(`data-${name}`);
    if (value !== null) thread.setAttribute(name, value);
  }
  if (!document.getElementById("reflections")) thread.id = "reflections";
  if (!isServed(pageOf(thread))) script.after(thread);
}
