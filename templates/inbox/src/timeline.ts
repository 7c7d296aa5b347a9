import { dayKey } from "./format";
import type { Outgoing } from "./reducer";
import type { Message } from "./types";

export type TimelineItem =
  | { kind: "day"; key: string; timestamp: string }
  | { kind: "unread"; key: string }
  | { kind: "message"; key: string; message: Message; joined: boolean }
  | { kind: "outgoing"; key: string; outgoing: Outgoing };

const joinWithin = 3 * 60_000;

/** What the thread shows, in order: messages under their days, the unread line, and the replies not yet confirmed. */
export function timeline(
  messages: readonly Message[],
  outgoing: readonly Outgoing[],
  unreadFrom: string | null,
): TimelineItem[] {
  const items: TimelineItem[] = [];
  let previous: Message | null = null;
  for (const message of messages) {
    const newDay = !previous || dayKey(previous.timestamp) !== dayKey(message.timestamp);
    const unread = message.id === unreadFrom;
    if (newDay) items.push({ kind: "day", key: `day-${dayKey(message.timestamp)}`, timestamp: message.timestamp });
    if (unread) items.push({ kind: "unread", key: "unread" });
    const joined = !newDay && !unread && previous !== null && isContinued(previous, message);
    items.push({ kind: "message", key: message.client_id ?? message.id, message, joined });
    previous = message;
  }
  return [...items, ...outgoing.map((row) => ({ kind: "outgoing" as const, key: row.client_id, outgoing: row }))];
}

function isContinued(previous: Message, message: Message): boolean {
  return (
    previous.direction === message.direction &&
    previous.type !== "system" &&
    message.type !== "system" &&
    Date.parse(message.timestamp) - Date.parse(previous.timestamp) < joinWithin
  );
}
