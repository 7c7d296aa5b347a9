import { pick } from "./format";
import type { TimelineItem } from "./timeline";

/** Some of the messages of a day, which are drawn again only if one of them changes. */
export interface Part {
  key: string;
  items: readonly TimelineItem[];
}

/** `timestamp` is null for replies that wait in a thread without a message. */
export interface Day {
  key: string;
  timestamp: string | null;
  parts: readonly Part[];
}

const meanLength = 32;

/**
 * A timeline by days, and these in parts of some 32 messages. Where a part begins is up to the id of its first message:
 * so the others stay the same, whatever comes before or between. What is as it was `before` is the very same part.
 */
export function inDays(items: readonly TimelineItem[], before: readonly Day[]): Day[] {
  const known = new Map(before.flatMap((day) => day.parts).map((part) => [part.key, part]));
  const days: { key: string; timestamp: string | null; parts: TimelineItem[][] }[] = [];
  for (const item of items) {
    if (item.kind === "day") {
      days.push({ key: item.key, timestamp: item.timestamp, parts: [] });
      continue;
    }
    if (days.length === 0) days.push({ key: "", timestamp: null, parts: [] });
    const parts = days.at(-1)?.parts ?? [];
    const last = parts.at(-1);
    if (last && !begins(item)) last.push(item);
    else parts.push([item]);
  }
  return days.map(({ key, timestamp, parts }) => ({
    key,
    timestamp,
    parts: parts.map((own) => {
      // Older messages come before the first part, which goes on under its key.
      const { key } = own.find((item) => known.has(item.key)) ?? (own[0] as TimelineItem);
      const part = known.get(key);
      return part && isSame(part.items, own) ? part : { key, items: own };
    }),
  }));
}

/** Not with what continues another message: pictures that were sent together are drawn together. */
const begins = (item: TimelineItem) =>
  item.kind === "message" && !item.joined && pick(item.message.id, meanLength) === 0;

function isSame(some: readonly TimelineItem[], others: readonly TimelineItem[]): boolean {
  return some.length === others.length && some.every((item, index) => isSameItem(item, others[index]));
}

function isSameItem(item: TimelineItem, other: TimelineItem | undefined): boolean {
  if (item === other) return true;
  if (!other || item.key !== other.key) return false;
  if (item.kind === "outgoing" && other.kind === "outgoing")
    return item.outgoing === other.outgoing && item.joined === other.joined;
  if (item.kind === "earlier" && other.kind === "earlier") return item.timestamp === other.timestamp;
  return item.kind === "unread" && other.kind === "unread";
}

export const holds = ({ items }: Part, id: string) =>
  items.some((item) => item.kind === "message" && item.message.id === id);

/** The keys of the parts that are far from a message's, or from the end where there is none. */
export function farFrom(days: readonly Day[], id: string | null): ReadonlySet<string> {
  const parts = days.flatMap((day) => day.parts);
  const found = id === null ? -1 : parts.findIndex((part) => holds(part, id));
  const from = found < 0 ? parts.length - 1 : found;
  const far = new Set<string>();
  for (const step of [-1, 1]) {
    let between = 0;
    for (let index = from; index >= 0 && index < parts.length; index += step) {
      const part = parts[index] as Part;
      if (between > near) far.add(part.key);
      between += part.items.length;
    }
  }
  return far;
}

const near = 80;
