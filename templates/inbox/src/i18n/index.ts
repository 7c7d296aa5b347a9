import { type Dictionary, en, type Key } from "./en";

const others: Record<string, () => Promise<Dictionary>> = {
  es: () => import("./es").then((module) => module.es),
  pt: () => import("./pt").then((module) => module.pt),
  fr: () => import("./fr").then((module) => module.fr),
  de: () => import("./de").then((module) => module.de),
  ar: () => import("./ar").then((module) => module.ar),
};

export type { Key } from "./en";

let dictionary: Dictionary = en;
let plurals = new Intl.PluralRules("en");
/** The locale of dates and numbers: the language asked for, even where its strings fall back to English. */
export let locale = "en";
/** Whose strings are shown. */
export let language = "en";

export async function loadLanguage(wanted: string): Promise<void> {
  const base = wanted.toLowerCase().split(/[-_]/)[0] ?? "en";
  dictionary = (await others[base]?.().catch(() => undefined)) ?? en;
  language = dictionary === en ? "en" : base;
  locale = dictionary === en ? "en" : wanted.replace("_", "-");
  plurals = new Intl.PluralRules(locale);
}

/** A name within a sentence, whichever way either of them is written; what would end its isolation is left out. */
export const isolated = (name: string) => `\u2068${name.replace(/[\u2066-\u2069]/g, "")}\u2069`;

/** The string for a key, with `{name}` filled in; `count` also chooses the plural form. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  const entry = dictionary[key];
  return fill(typeof entry === "string" ? entry : (entry[plurals.select(Number(values.count))] ?? entry.other), values);
}

/** A text with its `{name}`s filled in. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => {
    const value = values[name];
    return typeof value === "number" ? value.toLocaleString(locale) : (value ?? hole);
  });
}
