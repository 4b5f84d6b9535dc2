/** What the service answers: the thread as the API gives it, and the words of the widget. */

export interface Thread {
  url: string;
  title: string;
  locale: string;
  total: number;
  open: { comments: boolean; linkbacks: boolean };
  reflections: Reflection[];
  next: string | null;
}

export interface Reflection {
  id: string;
  kind: "comment" | "pingback" | "webmention" | "trackback";
  type: "comment" | "mention" | "reply" | "like" | "repost" | "bookmark" | "rsvp";
  url: string | null;
  author: { name: string; url: string | null; photo: string | null };
  title: string | null;
  content: { html: string; text: string };
  published: string | null;
  received: string;
  owner: boolean;
  edited: string | null;
  rsvp: string | null;
  replies: Reflection[];
  more: string | null;
}

export interface Counts {
  counts: Record<string, { total: number }>;
  locales: Record<string, string>;
}

/** A text, or its forms by the plural category (CLDR); what has no form of its own reads like `other`. */
export type Words = Record<string, string | Record<string, string>>;
