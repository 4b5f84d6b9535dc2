/** Elements of the shadow tree. Each has its name as class, for our style, and as part, for the owner's. */

type Child = Node | string;

export function make<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, name: string, ...children: Child[]) {
  const element = document.createElement(tag);
  element.className = name;
  element.setAttribute("part", name);
  element.append(...children);
  return element;
}

/** A link to a stranger's page; only its words where the address is none of the web. */
export function link(name: string, url: string | null, ...children: Child[]): HTMLElement {
  if (!url || !/^https?:/i.test(url)) return make("span", name, ...children);
  const anchor = make("a", name, ...children);
  anchor.href = url;
  anchor.rel = "nofollow ugc noopener noreferrer";
  return anchor;
}

/** Words of strangers: isolated, so that their direction can't turn what stands beside them. */
export function isolated(words: Child): HTMLElement {
  const element = document.createElement("bdi");
  element.append(words);
  return element;
}

export function hostOf(url: string): string {
  try {
    return new URL(url).host.replace(/^www\./, "");
  } catch {
    return url; // a host that this browser takes for none: `xn--a`
  }
}

interface Policy {
  createHTML(markup: string): string;
}

declare global {
  interface Window {
    trustedTypes?: { createPolicy(name: string, rules: Policy): Policy };
  }
}

/** The page's Trusted Types policy for what the service has cleaned; a page may know none, or forbid this one. */
const policy = ((): Policy => {
  const rules = { createHTML: (markup: string) => markup };
  try {
    return window.trustedTypes?.createPolicy("reflections", rules) ?? rules;
  } catch {
    return rules;
  }
})();

/** HTML that the service has cleaned; its plain text where the page's policy lets no HTML through. */
export function cleaned(content: { html: string; text: string }): Node {
  const template = document.createElement("template");
  try {
    template.innerHTML = policy.createHTML(content.html);
    return template.content;
  } catch {
    return make("span", "plain", content.text);
  }
}
