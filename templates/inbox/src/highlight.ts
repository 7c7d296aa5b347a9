import { fold } from "./search";

/** A piece of a text, and whether it is what was sought. */
export type Part = readonly [text: string, hit: boolean];

/** Takes a text apart at what a pattern finds in its folded form. The pieces together are the text. */
export function highlight(text: string, pattern: RegExp | null): Part[] {
  const parts: Part[] = [];
  let done = 0;
  if (pattern !== null) {
    const { folded, at } = foldWithPlaces(text);
    for (const found of folded.matchAll(pattern)) {
      const start = at[found.index] as number;
      let end = found.index + found[0].length;
      // Whole letters: one may have become several, and carry marks.
      while (at[end] === at[end - 1]) end++;
      if (start < done) continue;
      if (start > done) parts.push([text.slice(done, start), false]);
      done = at[end] as number;
      parts.push([text.slice(start, done), true]);
    }
  }
  if (done < text.length) parts.push([text.slice(done), false]);
  return parts;
}

/** `at` says for each place of the folded text, its end too, where in the text that is. */
function foldWithPlaces(text: string): { folded: string; at: number[] } {
  const at: number[] = [];
  let folded = "";
  let place = 0;
  for (const [letter] of text.matchAll(/.\p{M}*/gsu)) {
    const plain = fold(letter);
    folded += plain;
    for (let index = 0; index < plain.length; index++) at.push(place);
    place += letter.length;
  }
  at.push(text.length);
  return { folded, at };
}
