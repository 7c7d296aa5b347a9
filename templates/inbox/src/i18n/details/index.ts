import { language, say } from "..";
import { type DetailKey, type DetailWords, en } from "./en";

export type { DetailKey } from "./en";

const others: Record<string, () => Promise<DetailWords>> = {
  es: () => import("./es").then((module) => module.es),
  pt: () => import("./pt").then((module) => module.pt),
  fr: () => import("./fr").then((module) => module.fr),
  de: () => import("./de").then((module) => module.de),
  ar: () => import("./ar").then((module) => module.ar),
};

/** The words of the details, which wait for them as they do for their code. */
const words: DetailWords = (await others[language]?.().catch(() => undefined)) ?? en;

/** The string for a key, as `t` gives those of the page. */
export const d = (key: DetailKey, values: Record<string, string | number> = {}) => say(words[key], values);
