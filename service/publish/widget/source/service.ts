/** The service that this script came from, and how it is asked. */

import type { Words } from "./shapes";

interface Service {
  /** Its public address, without a slash at the end. */
  base: string;
  /** The name of all its words in their present form. */
  edition: string;
  locales: string[];
  /** Those in English, which are never fetched. */
  words: Words;
}

/** Written in by the server as it gives the script out (service/publish/widget). */
export const service = "@service@" as unknown as Service;

/** Options that a page's polluted `Object.prototype` adds nothing to. */
export function bare<const T extends object>(options: T): T {
  return Object.setPrototypeOf(options, null);
}

/** The JSON at one of the service's addresses. No cookie goes along, and of the page no more than its origin. */
export async function read<T>(url: string): Promise<T> {
  const answer = await fetch(url, bare({ credentials: "omit", referrerPolicy: "origin" }));
  if (!answer.ok) throw new Error(`${answer.status} ${url}`);
  return answer.json();
}

/** The JSON of a public read. */
export function ask<T>(path: string, query: string[][]): Promise<T> {
  return read(`${service.base}/api/v1/${path}?${new URLSearchParams(query)}`);
}
