/** A word that begins with a slash and ends at the caret: what it seeks, and where it stands. */
export interface Slash {
  sought: string;
  start: number;
  end: number;
}

export function slashAt(text: string, caret: number): Slash | null {
  const [, sought] = /(?:^|\s)\/([^\s/]*)$/.exec(text.slice(0, caret)) ?? [];
  return sought === undefined ? null : { sought, start: caret - sought.length - 1, end: caret };
}
