/**
 * `<reflections-count url lang>`: how many reflections a page has: `8 reflections`. Without `url` it means the page that
 * the link around it leads to. All counts of a page are asked for together.
 */

import { languageOf, speak } from "./language";
import { pageOf } from "./page";
import { ask, bare } from "./service";
import type { Counts } from "./shapes";

const MOST = 100;
/** Characters of addresses in one request. */
const LONGEST = 6000;

let waiting: ReflectionsCount[] = [];

export class ReflectionsCount extends HTMLElement {
  static readonly observedAttributes = ["url", "lang"];

  connectedCallback(): void {
    if (waiting.push(this) === 1) queueMicrotask(askAll);
  }

  attributeChangedCallback(): void {
    if (this.isConnected && this.shadowRoot) this.connectedCallback();
  }

  get page(): string {
    return pageOf(this, this.closest("a")?.href);
  }

  /** In the language of its tag, else its site's, else the page's. */
  async show(total: number, locale?: string): Promise<void> {
    const language = await speak(this.lang || locale || languageOf(this));
    const root = this.shadowRoot ?? this.attachShadow(bare({ mode: "open" }));
    root.replaceChildren(...language.count("count", total));
  }
}

async function askAll(): Promise<void> {
  const asking = waiting;
  waiting = [];
  const pages = [...new Set(asking.map((count) => count.page))];
  while (pages.length) {
    let length = 0;
    const fits = pages.findIndex((page, place) => place === MOST || (length += page.length) > LONGEST);
    const batch = pages.splice(0, fits < 0 ? pages.length : Math.max(fits, 1));
    ask<Counts>("counts", batch.map((page) => ["url", page])).then(
      ({ counts, locales }) =>
        asking.forEach((count) => counts[count.page] && count.show(counts[count.page]!.total, locales[count.page])),
      () => {}, // what stands inside the tags stays
    );
  }
}
