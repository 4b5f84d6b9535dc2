/** The button that fetches the rest of a list. */

import type { Drawing } from "./item";
import { make } from "./markup";
import { read } from "./service";
import type { Thread } from "./shapes";

/** The button, or nothing where there is no more; what it brings is appended to the list and gets the focus. */
export function more(drawing: Drawing, list: HTMLElement, url: string | null, key: string): HTMLElement[] {
  if (!url) return [];
  const button = make("button", "more", ...drawing.language.say(key));
  button.type = "button";
  button.onclick = async () => {
    button.disabled = true;
    try {
      const { reflections, next } = await read<Thread>(url);
      const items = reflections.map((item) => drawing.item(item));
      list.append(...items);
      button.replaceWith(...more(drawing, list, next, key));
      if (items[0]) focus(items[0]);
    } catch {
      button.disabled = false;
      button.replaceChildren(...drawing.language.say("failed"), " ", ...drawing.language.say("again"));
    }
  };
  return [button];
}

/** Lets the keyboard and a screen reader go on from here. */
export function focus(element: HTMLElement): void {
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}
