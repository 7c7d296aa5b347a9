import type { Dictionary, Entry, Key } from "./en";

const english = () => import("./en").then((module) => module.en);

/** None is in the page's script: each reader loads the words of one language. */
const dictionaries: Record<string, () => Promise<Dictionary>> = {
  en: english,
  es: () => import("./es").then((module) => module.es),
  pt: () => import("./pt").then((module) => module.pt),
  fr: () => import("./fr").then((module) => module.fr),
  de: () => import("./de").then((module) => module.de),
  ar: () => import("./ar").then((module) => module.ar),
};

export type { Key } from "./en";

let dictionary: Dictionary;
let plurals = new Intl.PluralRules("en");
/** The locale of dates and numbers: that of the strings, with the region that was asked for. */
export let locale = "en";
/** Whose strings are shown. */
export let language = "en";

/** Nothing can be said before. Fails only if not even the English words can be loaded. */
export async function loadLanguage(wanted: string): Promise<void> {
  const base = wanted.toLowerCase().split(/[-_]/)[0] ?? "";
  const found = await load(base);
  dictionary = found ?? (await english());
  language = found ? base : "en";
  locale = found ? wanted.replace("_", "-") : "en";
  plurals = new Intl.PluralRules(locale);
}

async function load(base: string): Promise<Dictionary | undefined> {
  return Object.hasOwn(dictionaries, base) ? dictionaries[base]?.().catch(() => undefined) : undefined;
}

/** A name within a sentence, whichever way either of them is written; what would end its isolation is left out. */
export const isolated = (name: string) => `\u2068${name.replace(/[\u2066-\u2069]/g, "")}\u2069`;

/** The string for a key, with `{name}` filled in; `count` also chooses the plural form. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return say(dictionary[key], values);
}

/** An entry of any dictionary in the form that `count` asks for, filled in. */
export function say(entry: Entry, values: Record<string, string | number>): string {
  return fill(typeof entry === "string" ? entry : (entry[plurals.select(Number(values.count))] ?? entry.other), values);
}

/** A text with its `{name}`s filled in. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => {
    const value = values[name];
    return typeof value === "number" ? value.toLocaleString(locale) : (value ?? hole);
  });
}
