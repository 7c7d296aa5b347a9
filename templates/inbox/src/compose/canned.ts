import type { Contact, ReadyReply, User } from "../types";

/** First those whose shortcut begins with what is sought, then those that have it in their shortcut, then in their text. */
export function findReplies(replies: readonly ReadyReply[], sought: string): ReadyReply[] {
  const wanted = sought.toLowerCase();
  const rank = ({ shortcut, text }: ReadyReply) =>
    shortcut.startsWith(wanted) ? 0 : shortcut.includes(wanted) ? 1 : text.toLowerCase().includes(wanted) ? 2 : 3;
  return [0, 1, 2].flatMap((wantedRank) => replies.filter((reply) => rank(reply) === wantedRank));
}

export type Values = Readonly<Record<string, string | undefined>>;

/** What the variables of a text stand for. The number of somebody who has no name is no name. */
export function valuesFor(contact: Contact, user: User | null): Values {
  const named = contact.display_name ?? contact.profile_name ?? contact.saved_name;
  return {
    "contact.name": named ? contact.name : undefined,
    "contact.first_name": named ? contact.name.trim().split(/\s+/)[0] : undefined,
    "agent.name": user?.name,
  };
}

/** A text with its variables filled in; one that is not known stays as it is written. */
export const fillIn = (text: string, values: Values) =>
  text.replace(
    /\{\{\s*([\w.]+)\s*\}\}/g,
    (hole, name: string) => (Object.hasOwn(values, name) && values[name]) || hole,
  );

/** Where the first variable stands that is not filled in. */
export function holeIn(text: string): [start: number, end: number] | null {
  const found = /\{\{[^{}]*\}\}/.exec(text);
  return found ? [found.index, found.index + found[0].length] : null;
}
