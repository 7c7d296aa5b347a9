import { dayKey } from "./format";
import type { Outgoing } from "./reducer";
import { instant } from "./sorted";
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
  const lastOf = new Map<string, Message>();
  for (const message of messages)
    if (message.conversation_id !== conversationId) lastOf.set(message.conversation_id, message);
  let previous: Written | null = null;
  let day = "";
  for (const message of messages) {
    const newDay = day !== dayOf(message);
    const unread = message.id === unreadFrom;
    day = dayOf(message);
    if (newDay) items.push({ kind: "day", key: `day-${day}`, timestamp: message.timestamp });
    if (unread) items.push({ kind: "unread", key: "unread" });
    const apart = newDay || unread || items.at(-1)?.kind === "earlier";
    const joined = !apart && previous !== null && isContinued(previous, message);
    items.push(itemOf(message, joined));
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

const days = new WeakMap<Message, string>();
const drawn = new WeakMap<Message, TimelineItem & { kind: "message" }>();

/** What a message's row says never changes, so that most of a long thread's timeline is found and not made. */
function dayOf(message: Message): string {
  let day = days.get(message);
  if (day === undefined) {
    day = dayKey(message.timestamp);
    days.set(message, day);
  }
  return day;
}

function itemOf(message: Message, joined: boolean): TimelineItem {
  let item = drawn.get(message);
  if (item?.joined !== joined) {
    item = { kind: "message", key: message.client_id ?? message.id, message, joined };
    drawn.set(message, item);
  }
  return item;
}

function isContinued(previous: Written, message: Written): boolean {
  return (
    previous.direction === message.direction &&
    previous.sent_by?.id === message.sent_by?.id &&
    previous.origin === message.origin &&
    !isNote(previous) &&
    !isNote(message) &&
    instant(message, message.timestamp) - instant(previous, previous.timestamp) < joinWithin
  );
}
