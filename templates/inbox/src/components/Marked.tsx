import { highlight } from "../highlight";

/** A text in which what was sought is marked. */
export function Marked({ text, pattern }: { text: string; pattern: RegExp | null }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a text have no names
  return <>{highlight(text, pattern).map(([part, hit], index) => (hit ? <mark key={index}>{part}</mark> : part))}</>;
}
