import { dayKey, pick } from "./format";
import type { Outgoing } from "./reducer";
import type { Message, User } from "./types";

export type TimelineItem =
  | { kind: "day"; key: string; timestamp: string }
  | { kind: "unread"; key: string }
  /** Below the last message of an earlier conversation. */
  | { kind: "earlier"; key: string; timestamp: string }
  | MessageEntry
  | { kind: "outgoing"; key: string; outgoing: Outgoing; joined: boolean };

export interface MessageEntry {
  kind: "message";
  key: string;
  message: Message;
  joined: boolean;
  /** Some 1 in 64 begins a part of its day. */
  begins: boolean;
}

const joinWithin = 3 * 60_000;

/** What is a line in the middle, and no bubble of anybody's. */
const notes = new Set(["call", "request_welcome", "system"]);

export const isNote = ({ type }: { type: string }) => notes.has(type);

interface Written extends Pick<Message, "direction" | "type" | "sent_by" | "origin"> {
  /** Milliseconds. */
  at: number;
}

/**
 * What the thread of a conversation shows, in order: messages under their days, the end of each earlier conversation, the
 * unread line, and the replies not yet confirmed, which are `user`'s.
 */
export function timeline(
  conversationId: string,
  messages: readonly Message[],
  outgoing: readonly Outgoing[],
  unreadFrom: string | null,
  user: User | null,
): TimelineItem[] {
  const items: TimelineItem[] = [];
  const lastOf = new Map<string, Message>();
  for (const message of messages)
    if (message.conversation_id !== conversationId) lastOf.set(message.conversation_id, message);
  let previous: Written | null = null;
  let day = "";
  for (const message of messages) {
    const facts = factsOf(message);
    const newDay = facts.day !== day;
    const unread = message.id === unreadFrom;
    day = facts.day;
    if (newDay) items.push({ kind: "day", key: `day-${day}`, timestamp: message.timestamp });
    if (unread) items.push({ kind: "unread", key: "unread" });
    const apart = newDay || unread || items.at(-1)?.kind === "earlier";
    const joined = !apart && previous !== null && isContinued(previous, facts);
    if (facts.entry.joined !== joined) facts.entry = { ...facts.entry, joined };
    items.push(facts.entry);
    const earlier = message.conversation_id;
    if (earlier !== conversationId && lastOf.get(earlier) === message)
      items.push({ kind: "earlier", key: `earlier-${earlier}`, timestamp: message.timestamp });
    previous = facts;
  }
  for (const row of outgoing) {
    const written: Written = {
      direction: "outbound",
      type: row.body.type,
      origin: "cloud_api",
      at: Date.parse(row.timestamp),
      sent_by: user,
    };
    const joined = items.at(-1)?.kind !== "earlier" && previous !== null && isContinued(previous, written);
    items.push({ kind: "outgoing", key: row.client_id, outgoing: row, joined });
    previous = written;
  }
  return items;
}

interface Facts extends Written {
  day: string;
  entry: MessageEntry;
}

const known = new WeakMap<Message, Facts>();

export const dayOf = (message: Message) => factsOf(message).day;

/** A row never changes, so that most of a long thread's timeline is found and not made. */
function factsOf(message: Message): Facts {
  let facts = known.get(message);
  if (!facts) {
    const { id, client_id, direction, type, sent_by, origin, timestamp } = message;
    const begins = pick(id, 64) === 0;
    facts = {
      direction,
      type,
      sent_by,
      origin,
      at: Date.parse(timestamp),
      day: dayKey(timestamp),
      entry: { kind: "message", key: client_id ?? id, message, joined: false, begins },
    };
    known.set(message, facts);
  }
  return facts;
}

function isContinued(previous: Written, message: Written): boolean {
  return (
    previous.direction === message.direction &&
    previous.sent_by?.id === message.sent_by?.id &&
    previous.origin === message.origin &&
    !isNote(previous) &&
    !isNote(message) &&
    message.at - previous.at < joinWithin
  );
}
