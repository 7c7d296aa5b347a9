import type { Emoji } from "./emojis";

const marks = /\p{Mark}/gu;
const ligatures: Readonly<Record<string, string>> = { œ: "oe", æ: "ae", ß: "ss" };

/** The words of a text, as they are compared: without accents and capitals. */
export const searchable = (text: string): string[] =>
  text
    .normalize("NFD")
    .replace(marks, "")
    .toLowerCase()
    .replace(/[œæß]/g, (letter) => ligatures[letter] ?? letter)
    .split(/[^\p{Letter}\p{Number}]+/u)
    .filter(Boolean);

/** Those that have a word for each sought one, which may be its beginning; a whole word is the better find. */
export function findEmojis(emojis: Iterable<Emoji>, sought: string): Emoji[] {
  const wanted = searchable(sought);
  const found: [Emoji, number][] = [];
  for (const emoji of emojis) {
    const ranks = wanted.map((word) => rank(emoji.words, word));
    if (wanted.length > 0 && !ranks.includes(0)) found.push([emoji, ranks.reduce((sum, one) => sum + one, 0)]);
  }
  return found.sort(([, a], [, b]) => b - a).map(([emoji]) => emoji);
}

/** Names come before other words. */
function rank(words: readonly string[], sought: string): number {
  if (words[0] === sought) return 3;
  if (words.includes(sought)) return 2;
  return words.some((word) => word.startsWith(sought)) ? 1 : 0;
}
