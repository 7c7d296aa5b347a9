import { language } from "..";
import { en, type FailureWords } from "./en";

const others: Record<string, () => Promise<FailureWords>> = {
  es: () => import("./es").then((module) => module.es),
  pt: () => import("./pt").then((module) => module.pt),
  fr: () => import("./fr").then((module) => module.fr),
  de: () => import("./de").then((module) => module.de),
  ar: () => import("./ar").then((module) => module.ar),
};

const words: Readonly<Record<number, string>> = (await others[language]?.().catch(() => undefined)) ?? en;

/** What a number of Meta's means and what to do about it (Cloud API, "Error codes"); null for one that we do not know. */
export const failureWords = (code: number): string | null => words[code] ?? null;
