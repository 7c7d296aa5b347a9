import { isolated, locale, t } from "./i18n";
import type { Presence, User } from "./types";

/** Milliseconds; a page that is there says so more often. */
const expiry = 60_000;

interface Other {
  /** Whose page it is: the same for all pages of somebody who has a name. */
  person: string;
  user: User | null;
  typing: boolean;
  until: number;
}

/** The pages that have the open conversation open, by their `viewer`. */
export type Others = ReadonlyMap<string, Other>;

export function hear(others: Others, presences: readonly Presence[], at: number): Others {
  const heard = new Map(others);
  for (const { viewer, user, state } of presences) {
    const person = user ? personOf(user) : viewer;
    if (state === "gone") heard.delete(viewer);
    else heard.set(viewer, { person, user, typing: state === "typing", until: at + expiry });
  }
  return heard;
}

/** Each person once, and without the reader. */
export function people(others: Others, reader: User | null, at: number): Other[] {
  const found = new Map<string, Other>();
  for (const other of others.values()) {
    if (other.until <= at || (reader && other.person === personOf(reader))) continue;
    if (!found.get(other.person)?.typing) found.set(other.person, other);
  }
  return [...found.values()];
}

/** Hosts that share a project may use one id for two people. */
const personOf = ({ id, name }: User) => JSON.stringify([id, name]);

/** What the header says. Who is replying matters more than who is looking. */
export function presenceText(present: readonly Other[]): string {
  const typing = present.filter((other) => other.typing);
  const told = typing.length > 0 ? typing : present;
  if (told.length === 0) return "";
  const [first = t("presence.colleague"), second] = told.flatMap(({ user }) => (user ? isolated(user.name) : []));
  const others = told.length === 2 && second ? second : t("presence.others", { count: told.length - 1 });
  const names = new Intl.ListFormat(locale).format(told.length === 1 ? [first] : [first, others]);
  return t(typing.length > 0 ? "presence.typing" : "presence.viewing", { names, count: told.length });
}
