/** Words, numbers and times as a language has them. English is there from the start, others are fetched when used. */

import { bare, read, service } from "./service";
import type { Words } from "./shapes";

type Named = Record<string, Node | string>;

const DAY = 86_400;
const RECENT = 7 * DAY;
const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [["day", DAY], ["hour", 3600], ["minute", 60], ["second", 1]];

export class Language {
  constructor(
    readonly locale: string,
    private readonly words: Words,
  ) {}

  /** The message with its names filled in, ready to be appended. */
  say(key: string, named: Named = {}): (Node | string)[] {
    return this.fill(this.words[key] as string, named);
  }

  /** The form of the message for a number. */
  count(key: string, number: number, named: Named = {}): (Node | string)[] {
    const forms = bare(this.words[key] as Record<string, string>);
    const form = forms[new Intl.PluralRules(this.locale).select(number)] ?? forms.other!;
    return this.fill(form, { ...named, count: new Intl.NumberFormat(this.locale).format(number) });
  }

  /** A time as a reader says it: since when if it is recent, else the day. A date alone has no zone. */
  when(moment: string, now = Date.now()): string {
    const age = (now - Date.parse(moment)) / 1000;
    if (moment.length > 10 && age >= 0 && age < RECENT) {
      const [unit, seconds] = UNITS.find(([, seconds]) => age >= seconds) ?? UNITS[3]!;
      return new Intl.RelativeTimeFormat(this.locale, bare({ numeric: "auto" })).format(-Math.floor(age / seconds), unit);
    }
    return this.date(moment, { dateStyle: "long" });
  }

  /** A time to the minute, as far as it is known. */
  exactly(moment: string): string {
    return this.date(moment, moment.length > 10 ? { dateStyle: "full", timeStyle: "short" } : { dateStyle: "full" });
  }

  private date(moment: string, form: Intl.DateTimeFormatOptions): string {
    const zone = moment.length > 10 ? {} : { timeZone: "UTC" };
    return new Intl.DateTimeFormat(this.locale, bare({ ...form, ...zone })).format(new Date(moment));
  }

  private fill(text: string, named: Named): (Node | string)[] {
    return text.split(/%\((\w+)\)s/).map((part, place) => (place % 2 ? named[part]! : part));
  }
}

const fetched = new Map<string, Promise<Language>>([["en", Promise.resolve(new Language("en", service.words))]]);

/** The language of a tag: itself, its language alone, a sister, else English; English too where it can't be had. */
export function speak(tag: string): Promise<Language> {
  const [wanted, language] = [tag.toLowerCase(), tag.toLowerCase().split("-")[0]!];
  const like = (test: (known: string) => boolean) => service.locales.find((locale) => test(locale.toLowerCase()));
  const locale =
    like((known) => known === wanted) ?? like((known) => known === language) ?? like((known) => known.split("-")[0] === language) ?? "en";
  let spoken = fetched.get(locale);
  if (!spoken) {
    spoken = read<Words>(`${service.base}/widget/${service.edition}/${locale}.json`).then(
      (words) => new Language(locale, words),
      () => {
        fetched.delete(locale);
        return fetched.get("en")!;
      },
    );
    fetched.set(locale, spoken);
  }
  return spoken;
}

/** The language that the page speaks where an element stands, unless the element has its own. */
export function languageOf(element: HTMLElement): string {
  return element.lang || element.closest<HTMLElement>("[lang]")?.lang || "en";
}
