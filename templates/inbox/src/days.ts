import type { TimelineItem } from "./timeline";
import type { Message } from "./types";

/** Some of the messages of a day, and what the thread has of those that they answer. */
export interface Part {
  key: string;
  items: readonly TimelineItem[];
  /** The ids of the messages that they answer. */
  answered: readonly string[];
  quoted: readonly (Message | undefined)[];
}

/** `timestamp` is null for replies that wait in a thread without a message. */
export interface Day {
  key: string;
  timestamp: string | null;
  parts: readonly Part[];
}

export type Loaded = Pick<ReadonlyMap<string, Message>, "get">;

/**
 * A timeline by days, and these in parts of some 64 messages. Where a part begins is up to the id of its first message:
 * so the others stay the same, whatever comes before or between. What is as it was `before` is the very same object, and
 * does not have to be drawn again.
 */
export function inDays(items: readonly TimelineItem[], loaded: Loaded, before: readonly Day[]): Day[] {
  const days = new Map(before.map((day) => [day.key, day]));
  const parts = new Map(before.flatMap((day) => day.parts).map((part) => [part.key, part]));
  return split(items).map((day) => {
    const known = days.get(day.key);
    const own = day.parts.map((items) => partOf(items, loaded, parts));
    return known && isSame(known.parts, own) ? known : { ...day, parts: own };
  });
}

function split(items: readonly TimelineItem[]) {
  let part: TimelineItem[] = [];
  let day = { key: "", timestamp: null as string | null, parts: [part] };
  const days = [day];
  for (const item of items) {
    if (item.kind === "day") {
      part = [];
      day = { key: item.key, timestamp: item.timestamp, parts: [part] };
      days.push(day);
    } else if (beginsPart(item) && part.length > 0) {
      part = [item];
      day.parts.push(part);
    } else {
      part.push(item);
    }
  }
  return days.filter(({ parts }) => (parts[0]?.length ?? 0) > 0);
}

/** Not in the middle of an album. */
function beginsPart(item: TimelineItem): boolean {
  if (item.kind !== "message" || !item.begins) return false;
  return !item.joined || (item.message.type !== "image" && item.message.type !== "video");
}

function partOf(items: readonly TimelineItem[], loaded: Loaded, parts: ReadonlyMap<string, Part>): Part {
  // Older messages come before the first part of a thread, which goes on under its key.
  const key = (items.find((item) => parts.has(item.key)) ?? items[0])?.key ?? "";
  const known = parts.get(key);
  if (known && isSame(known.items, items, isSameItem)) return quoting(known, loaded);
  const answered = items.flatMap((item) => answeredBy(item) ?? []);
  return { key, items, answered, quoted: answered.map((id) => loaded.get(id)) };
}

/** A day with the messages that it quotes as they are now. */
export function withQuotes(day: Day, loaded: Loaded): Day {
  const parts = day.parts.map((part) => quoting(part, loaded));
  return isSame(day.parts, parts) ? day : { ...day, parts };
}

function quoting(part: Part, loaded: Loaded): Part {
  const quoted = part.answered.map((id) => loaded.get(id));
  return isSame(part.quoted, quoted) ? part : { ...part, quoted };
}

function answeredBy(item: TimelineItem): string | undefined {
  const context =
    item.kind === "message" ? item.message.context : item.kind === "outgoing" ? item.outgoing.context : null;
  return context?.message?.id;
}

/** The message that one answers as the thread has it, which may be newer than what came with the quote. */
export function quotedBy(item: TimelineItem, loaded: Loaded): Message | undefined {
  const id = answeredBy(item);
  return id === undefined ? undefined : loaded.get(id);
}

function isSame<Value>(
  some: readonly Value[],
  others: readonly Value[],
  equal: (one: Value, other: Value) => boolean = Object.is,
): boolean {
  return some.length === others.length && some.every((one, index) => equal(one, others[index] as Value));
}

/** Lines between messages are made anew each time, and so are replies that wait. */
function isSameItem(one: TimelineItem, other: TimelineItem): boolean {
  if (one === other) return true;
  if (one.key !== other.key) return false;
  if (one.kind === "outgoing" && other.kind === "outgoing")
    return one.outgoing === other.outgoing && one.joined === other.joined;
  if (one.kind === "earlier" && other.kind === "earlier") return one.timestamp === other.timestamp;
  return one.kind === "unread";
}

export const holds = ({ items }: Part, id: string | undefined) =>
  items.some((item) => item.kind === "message" && item.message.id === id);

const near = 80;

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
