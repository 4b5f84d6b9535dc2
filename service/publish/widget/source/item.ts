/** One reflection with its replies: the same classes as templates/publish/item.html writes. */

import type { Language } from "./language";
import { cleaned, hostOf, isolated, link, make } from "./markup";
import { more } from "./more";
import type { Reflection } from "./shapes";

const ACTS = ["like", "repost", "bookmark", "rsvp-yes", "rsvp-no", "rsvp-maybe", "rsvp-interested"];

/** What is drawn in one language, under one page's address. */
export class Drawing {
  constructor(
    readonly language: Language,
    /** Where the items' own addresses begin, without a fragment. */
    private readonly page: string,
  ) {}

  item(item: Reflection): HTMLLIElement {
    const element = make("li", `item ${item.kind}${item.owner ? " by-owner" : ""}`, ...this.body(item));
    element.id = `reflection-${item.id}`;
    if (item.replies.length || item.more) {
      const replies = make("ol", "replies", ...item.replies.map((reply) => this.item(reply)));
      replies.setAttribute("aria-label", this.language.say("replies", { name: this.name(item) }).join(""));
      element.append(replies, ...more(this, replies, item.more, "more-replies"));
    }
    return element;
  }

  private body(item: Reflection): Node[] {
    const { language } = this;
    const act = item.type === "rsvp" ? `rsvp-${item.rsvp}` : item.type;
    if (ACTS.includes(act)) {
      return [make("div", "line", ...language.say(act, { name: this.author(item) }), " ", this.time(item))];
    }
    if (item.kind !== "comment" && (item.type !== "reply" || !item.content.html)) {
      const title = link("title", item.url, isolated(item.title || this.name(item)));
      return [make("div", "line", make("span", "label", ...language.say(item.kind)), " ", title, " ", this.time(item))];
    }
    const content = make("div", "content", cleaned(item.content));
    content.dir = "auto";
    return [this.head(item), content];
  }

  private head(item: Reflection): HTMLElement {
    const { language } = this;
    const face = make("span", "face", initials(this.name(item)));
    face.setAttribute("aria-hidden", "true");
    if (item.author.photo) face.append(picture(item.author.photo));
    const who = make("span", "who", this.author(item));
    if (item.owner) who.append(" ", make("span", "owner", ...language.say("owner")));
    if (item.url) who.append(" ", link("source", item.url, ...language.say("on", { host: hostOf(item.url) })));
    who.append(" ", this.time(item));
    if (item.edited) who.append(" ", make("span", "edited", ...language.say("edited")));
    return make("div", "head", face, who);
  }

  private name(item: Reflection): string {
    return item.author.name || (item.url ? hostOf(item.url) : this.language.say("someone").join(""));
  }

  private author(item: Reflection): HTMLElement {
    return isolated(link("author", item.author.url, this.name(item)));
  }

  private time(item: Reflection): HTMLElement {
    const moment = item.published && Date.parse(item.published) ? item.published : item.received;
    const time = make("time", "time", this.language.when(moment));
    time.dateTime = moment;
    time.title = this.language.exactly(moment);
    const permalink = make("a", "permalink", time);
    permalink.href = `${this.page}#reflection-${item.id}`;
    return permalink;
  }
}

function initials(name: string): string {
  const letters = name.split(/\s+/).map((word) => /[\p{L}\p{N}]/u.exec(word)?.[0] ?? "");
  return (letters[0]! + (letters.length > 1 ? letters.at(-1)! : "")).toUpperCase();
}

/** The author's picture, always the service's own copy. It covers the initials, and leaves them where it can't come. */
function picture(address: string): HTMLImageElement {
  const image = make("img", "picture");
  image.onerror = () => image.remove();
  image.alt = "";
  image.width = image.height = 96;
  image.loading = "lazy";
  image.src = address;
  return image;
}
