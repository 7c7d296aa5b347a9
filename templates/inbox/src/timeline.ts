import { dayKey } from "./format";
import type { Outgoing } from "./reducer";
import type { Message, User } from "./types";

export type TimelineItem =
  | { kind: "day"; key: string; timestamp: string }
  | { kind: "unread"; key: string }
  /** Below the last message of an earlier conversation. */
  | { kind: "earlier"; key: string; timestamp: string }
  | { kind: "message"; key: string; message: Message; joined: boolean }
  | { kind: "outgoing"; key: string; outgoing: Outgoing; joined: boolean };

const joinWithin = 3 * 60_000;

/** What is a line in the middle, and no bubble of anybody's. */
const notes = new Set(["call", "request_welcome", "system"]);

export const isNote = ({ type }: { type: string }) => notes.has(type);

type Written = Pick<Message, "direction" | "type" | "timestamp" | "sent_by" | "origin">;

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
  const lastOf = new Map(messages.map((message) => [message.conversation_id, message]));
  lastOf.delete(conversationId);
  let previous: Written | null = null;
  for (const message of messages) {
    const newDay = !previous || dayKey(previous.timestamp) !== dayKey(message.timestamp);
    const unread = message.id === unreadFrom;
    if (newDay) items.push({ kind: "day", key: `day-${dayKey(message.timestamp)}`, timestamp: message.timestamp });
    if (unread) items.push({ kind: "unread", key: "unread" });
    const apart = newDay || unread || items.at(-1)?.kind === "earlier";
    const joined = !apart && previous !== null && isContinued(previous, message);
    items.push({ kind: "message", key: message.client_id ?? message.id, message, joined });
    const earlier = message.conversation_id;
    if (lastOf.get(earlier) === message)
      items.push({ kind: "earlier", key: `earlier-${earlier}`, timestamp: message.timestamp });
    previous = message;
  }
  for (const row of outgoing) {
    const written: Written = {
      direction: "outbound",
      type: row.body.type,
      origin: "cloud_api",
      timestamp: row.timestamp,
      sent_by: user,
    };
    const joined = items.at(-1)?.kind !== "earlier" && previous !== null && isContinued(previous, written);
    items.push({ kind: "outgoing", key: row.client_id, outgoing: row, joined });
    previous = written;
  }
  return items;
}

function isContinued(previous: Written, message: Written): boolean {
  return (
    previous.direction === message.direction &&
    previous.sent_by?.id === message.sent_by?.id &&
    previous.origin === message.origin &&
    !isNote(previous) &&
    !isNote(message) &&
    Date.parse(message.timestamp) - Date.parse(previous.timestamp) < joinWithin
  );
}
