/** Which page a tag means. */

/** The tag's own `url`, else the page's canonical address, else where the reader is; without a fragment. */
export function pageOf(element: HTMLElement, otherwise?: string): string {
  const canonical = () => document.head.querySelector<HTMLLinkElement>('link[rel~="canonical" i][href]')?.href;
  const own = element.getAttribute("url");
  const url = new URL((own ?? otherwise ?? canonical()) || location.href, document.baseURI);
  url.hash = "";
  return url.href;
}
