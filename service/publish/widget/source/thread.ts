/**
 * `<reflections-thread url lang theme order>`: the approved thread of a page. What stands inside the tag is shown until
 * the thread is there, so a link to `/embed` in it serves readers without JavaScript.
 */

import { Drawing } from "./item";
import { type Language, languageOf, speak } from "./language";
import { make } from "./markup";
import { focus, more } from "./more";
import { pageOf } from "./page";
import { ask, bare } from "./service";
import type { Thread } from "./shapes";
import look from "./thread.css";
import frame from "./widget.css";

const sheet = new CSSStyleSheet();
sheet.replaceSync(frame + look);

/** The id of the item that the reader's address names. */
function sought(): string {
  return /^#(reflection-.+)/.exec(location.hash)?.[1] ?? "";
}

export class ReflectionsThread extends HTMLElement {
  static readonly observedAttributes = ["url", "lang", "order"];
  #turn = 0;
  readonly #seek = (): void => this.#find();

  connectedCallback(): void {
    addEventListener("hashchange", this.#seek);
    this.#load();
  }

  disconnectedCallback(): void {
    removeEventListener("hashchange", this.#seek);
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.#load();
  }

  /** Draws what the attributes ask for; of several changes at once the last counts. */
  async #load(): Promise<void> {
    const turn = ++this.#turn;
    await null;
    if (turn !== this.#turn) return;
    const likely = speak(languageOf(this));
    try {
      const thread = await ask<Thread>("thread", this.#query());
      const language = await speak(this.lang || thread.locale);
      if (turn === this.#turn) this.#draw(thread, language);
    } catch {
      const language = await likely;
      if (turn === this.#turn) this.#apologize(language);
    }
  }

  #query(): string[][] {
    const query = [["url", pageOf(this)]];
    if (this.getAttribute("order") === "newest") query.push(["order", "newest"]);
    if (sought()) query.push(["size", "500"]);
    return query;
  }

  #draw({ url, title, total, open, reflections, next }: Thread, language: Language): void {
    const page = this.hasAttribute("url") ? url : location.href.split("#")[0]!;
    const drawing = new Drawing(language, page);
    const parts: Node[] = [];
    if (total) {
      const list = make("ol", "list", ...reflections.map((item) => drawing.item(item)));
      const heading = make("h2", "heading", ...language.count(title ? "heading" : "count", total, { title }));
      parts.push(heading, list, ...more(drawing, list, next, "more"));
    } else {
      parts.push(make("p", "empty", ...language.say("empty")));
    }
    if (!open.comments) parts.push(make("p", "closed", ...language.say("closed")));
    this.#show(language, parts);
    this.#find();
  }

  #apologize(language: Language): void {
    const again = make("button", "more", ...language.say("again"));
    again.type = "button";
    again.onclick = () => this.#load();
    const failed = make("p", "failed", ...language.say("failed"), " ", again);
    failed.setAttribute("role", "alert");
    this.#show(language, [failed]);
  }

  #show(language: Language, parts: Node[]): void {
    const root = this.shadowRoot ?? this.attachShadow(bare({ mode: "open" }));
    root.adoptedStyleSheets = [sheet];
    const section = make("section", "thread", ...parts);
    section.lang = language.locale;
    root.replaceChildren(section);
  }

  /** Brings the item that the address names before the reader: a browser finds nothing inside a shadow tree. */
  #find(): void {
    const id = sought();
    const item = id ? this.shadowRoot?.getElementById(id) : null;
    if (!item) return;
    this.shadowRoot!.querySelector(".sought")?.classList.remove("sought");
    item.classList.add("sought");
    item.scrollIntoView();
    focus(item);
  }
}
