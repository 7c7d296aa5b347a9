import groups from "unicode-emoji-json/data-by-group.json?emoji";
import { language, locale } from "../i18n";
import { searchable } from "./search";

export interface Emoji {
  text: string;
  name: string;
  /** What it is found by. */
  words: readonly string[];
}

export interface EmojiGroup {
  name: string;
  emojis: readonly Emoji[];
}

type Words = Readonly<Record<string, readonly [name: string, more: string]>>;

const languages: Record<string, () => Promise<{ default: Words }>> = {
  en: () => import("cldr-annotations-full/annotations/en/annotations.json?emoji"),
  es: () => import("cldr-annotations-full/annotations/es/annotations.json?emoji"),
  pt: () => import("cldr-annotations-full/annotations/pt/annotations.json?emoji"),
  fr: () => import("cldr-annotations-full/annotations/fr/annotations.json?emoji"),
  de: () => import("cldr-annotations-full/annotations/de/annotations.json?emoji"),
  ar: () => import("cldr-annotations-full/annotations/ar/annotations.json?emoji"),
};

/** Whoever loads the picker waits for the words of the page's language, as for its code. */
const words: Words = (await languages[language]?.())?.default ?? {};

const names = new Intl.DisplayNames(locale, { type: "region" });
const list = new Intl.ListFormat(locale, { type: "unit", style: "short" });
const flags: ReadonlyMap<string, string> = new Map(groups.flatMap(({ parts }) => parts));
const variant = /\uFE0F/g;

export const emojiGroups: readonly EmojiGroup[] = groups.map(({ name, emojis }) => ({
  name,
  emojis: emojis.map(described),
}));

export const allEmojis: ReadonlyMap<string, Emoji> = new Map(
  emojiGroups.flatMap(({ emojis }) => emojis.map((emoji) => [emoji.text, emoji])),
);

const toned: ReadonlySet<string> = new Set(groups.flatMap((group) => group.toned));

export const tones = ["", "🏻", "🏼", "🏽", "🏾", "🏿"] as const;
export type Tone = (typeof tones)[number];

export const toneName = (tone: Tone) => words[tone]?.[0] ?? "";

/** The emoji in a colour of skin, if it has any: behind each of its people stands the tone. */
export function inTone(emoji: string, tone: Tone): string {
  return tone && toned.has(emoji) ? emoji.replace(/(\p{Emoji_Modifier_Base})\uFE0F?/gu, `$1${tone}`) : emoji;
}

function described(text: string): Emoji {
  const [name, more] = said(text);
  return { text, name, words: searchable(`${name} ${more}`) };
}

/** Flags, and what is put together of several, are not in the lists of words: those have their parts. */
function said(text: string): readonly [name: string, more: string] {
  const known = wordsOf(text);
  if (known) return known;
  const flag = flags.get(text) ?? region(text);
  if (flag) return [flag, wordsOf("🏳️")?.[0] ?? ""];
  const parts = [...new Set(text.split("\u200D"))].map((part) => wordsOf(part) ?? [keycap(part), ""]);
  return [list.format(parts.map(([name]) => name)), parts.map(([, more]) => more).join(" ")];
}

function wordsOf(text: string) {
  return words[text] ?? words[text.replace(variant, "")];
}

function keycap(text: string): string {
  return text === "🔟" ? "10" : text.charAt(0);
}

/** The region of a flag that is spelled with two regional indicators. */
function region(text: string): string | undefined {
  if (!/^\p{Regional_Indicator}{2}$/u.test(text)) return undefined;
  const letters = [...text].map((letter) => String.fromCharCode((letter.codePointAt(0) ?? 0) - 0x1f1e6 + 65));
  return names.of(letters.join(""));
}
