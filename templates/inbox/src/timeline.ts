import { dayKey } from "./format";
import type { Outgoing } from "./reducer";
import type { Message, User } from "./types";

export type TimelineItem =
  | { kind: "day"; key: string; timestamp: string }
  | { kind: "unread"; key: string }
  | { kind: "message"; key: string; message: Message; joined: boolean }
  | { kind: "outgoing"; key: string; outgoing: Outgoing; joined: boolean };

const joinWithin = 3 * 60_000;

type Written = Pick<Message, "direction" | "type" | "timestamp" | "sent_by">;

/**
 * What the thread shows, in order: messages under their days, the unread line, and the replies not yet confirmed, which
 * are `user`'s.
 */
export function timeline(
  messages: readonly Message[],
  outgoing: readonly Outgoing[],
  unreadFrom: string | null,
  user: User | null,
): TimelineItem[] {
  const items: TimelineItem[] = [];
  let previous: Written | null = null;
  for (const message of messages) {
    const newDay = !previous || dayKey(previous.timestamp) !== dayKey(message.timestamp);
    const unread = message.id === unreadFrom;
    if (newDay) items.push({ kind: "day", key: `day-${dayKey(message.timestamp)}`, timestamp: message.timestamp });
    if (unread) items.push({ kind: "unread", key: "unread" });
    const joined = !newDay && !unread && previous !== null && isContinued(previous, message);
    items.push({ kind: "message", key: message.client_id ?? message.id, message, joined });
    previous = message;
  }
  for (const row of outgoing) {
    const written: Written = { direction: "outbound", type: "text", timestamp: row.timestamp, sent_by: user };
    const joined = previous !== null && isContinued(previous, written);
    items.push({ kind: "outgoing", key: row.client_id, outgoing: row, joined });
    previous = written;
  }
  return items;
}

function isContinued(previous: Written, message: Written): boolean {
  return (
    previous.direction === message.direction &&
    previous.sent_by?.id === message.sent_by?.id &&
    previous.type !== "system" &&
    message.type !== "system" &&
    Date.parse(message.timestamp) - Date.parse(previous.timestamp) < joinWithin
  );
}
