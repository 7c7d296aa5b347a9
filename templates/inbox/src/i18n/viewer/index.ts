import { fill, language } from "..";
import { en, type ViewerKey, type ViewerWords } from "./en";

const others: Record<string, () => Promise<ViewerWords>> = {
  es: () => import("./es").then((module) => module.es),
  pt: () => import("./pt").then((module) => module.pt),
  fr: () => import("./fr").then((module) => module.fr),
  de: () => import("./de").then((module) => module.de),
  ar: () => import("./ar").then((module) => module.ar),
};

const words: ViewerWords = (await others[language]?.().catch(() => undefined)) ?? en;

/** The string for a key, as `t` gives those of the page: of what messages have in them beside words. */
export const v = (key: ViewerKey, values: Record<string, string | number> = {}) => fill(words[key], values);
