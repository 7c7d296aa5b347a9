import { type Day, inDays, type Loaded, withQuotes } from "./days";
import type { Outgoing } from "./reducer";
import { dayOf, timeline } from "./timeline";
import type { Message, User } from "./types";

/** What the log of a thread is made of. */
export interface Source {
  conversationId: string;
  messages: readonly Message[];
  outgoing: readonly Outgoing[];
  unreadFrom: string | null;
  user: User | null;
  loaded: Loaded;
}

export interface Log {
  source: Source;
  days: readonly Day[];
}

/**
 * The timeline of a thread by days. Most of what changes is at its end: the days before the first change since `before`
 * are those of then, and only the others are made.
 */
export function logOf(source: Source, before: Log | null): Log {
  const { conversationId, messages, outgoing, unreadFrom, user, loaded } = source;
  const kept = before ? unchanged(source, before) : none;
  const known = before?.days ?? [];
  const items = timeline(conversationId, messages.slice(kept.messages), outgoing, unreadFrom, user);
  const days = known.slice(0, kept.days).map((day) => withQuotes(day, loaded));
  return { source, days: [...days, ...inDays(items, loaded, known.slice(kept.days))] };
}

const none = { messages: 0, days: 0 };

/** How many messages at the beginning are the same, in whole days, and how many days these are. */
function unchanged({ conversationId, messages, unreadFrom }: Source, { source: was, days }: Log): typeof none {
  if (conversationId !== was.conversationId || unreadFrom !== was.unreadFrom) return none;
  let from = 0;
  while (from < messages.length && messages[from] === was.messages[from]) from += 1;
  const last = messages[from - 1];
  if (!last) return none;
  // What comes next may be of the last of these days.
  const day = dayOf(last);
  while (from > 0 && dayOf(messages[from - 1] as Message) === day) from -= 1;
  // Where an earlier conversation ends is up to all of its messages.
  const isOwn = (message: Message) => message.conversation_id === conversationId;
  if (![messages, was.messages].every((rows) => rows.slice(from).every(isOwn))) return none;
  return { messages: from, days: days.findIndex(({ key }) => key === `day-${day}`) };
}
