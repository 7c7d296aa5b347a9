import { fill, language } from "..";
import { en, type ToolKey, type ToolWords } from "./en";

export type { ToolKey } from "./en";

const others: Record<string, () => Promise<ToolWords>> = {
  es: () => import("./es").then((module) => module.es),
  pt: () => import("./pt").then((module) => module.pt),
  fr: () => import("./fr").then((module) => module.fr),
  de: () => import("./de").then((module) => module.de),
  ar: () => import("./ar").then((module) => module.ar),
};

/** The words of what is loaded on demand, which waits for them as it does for its code. */
const words: ToolWords = (await others[language]?.().catch(() => undefined)) ?? en;

/** The string for a key, as `t` gives those of the page. */
export const w = (key: ToolKey, values: Record<string, string | number> = {}) => fill(words[key], values);
