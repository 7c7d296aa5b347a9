const mostEmoji = 3;
// A grapheme that is one emoji: a flag, a keycap, or a pictograph that is not drawn as a letter.
const emoji = /^(?:\p{RI}{2}|[\d#*]\ufe0f\u20e3|(?=.*(?:\p{Emoji_Presentation}|\ufe0f))\p{Extended_Pictographic}.*)$/u;
/** A family with skin tones has 19 code units; what is longer is no emoji that anybody draws. */
const longestEmoji = 36;

/** How many emoji a text is, if it is nothing but one to three of them; else 0. */
export function countEmoji(text: string): number {
  const trimmed = text.trim();
  if (trimmed === "" || trimmed.length > mostEmoji * longestEmoji) return 0;
  const letters = [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(trimmed)]
    .map(({ segment }) => segment)
    .filter((segment) => segment.trim() !== "");
  return letters.length <= mostEmoji && letters.every((letter) => letter.length <= longestEmoji && emoji.test(letter))
    ? letters.length
    : 0;
}

const longText = { letters: 1500, lines: 30 };
const shown = { letters: 1000, lines: 20 };

/** As much of a long text as is shown at first, which ends with a word if it can; null for one that is shown whole. */
export function beginning(text: string): string | null {
  if (text.length <= longText.letters && text.split("\n", longText.lines + 1).length <= longText.lines) return null;
  const lines = text.slice(0, shown.letters).split("\n").slice(0, shown.lines).join("\n");
  const words = lines.replace(/\S*$/, "").trimEnd();
  // One endless word is cut, but not in the middle of a letter of two code units.
  return isCut(text, lines) && words !== "" ? words : lines.replace(/[\ud800-\udbff]$/, "").trimEnd();
}

/** Whether a text's beginning ends within a word, so that what seems to be an address may be a part of one. */
export const isCut = (text: string, start: string) => /^\S/.test(text.slice(start.length, start.length + 1));

/** A file's name without the signs that would show its ending somewhere else. */
export const safeName = (name: string) => name.replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "");
