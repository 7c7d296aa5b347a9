import { RowMap } from "./rowMap";
import { bySentAt, placeOf, withRows } from "./sorted";
import type { Message } from "./types";

/** A stale thread shows what it has, and has to be loaded again. */
export type ThreadPhase = "loading" | "ready" | "failed" | "stale";

/**
 * What of a thread has been paged in without a gap: from `oldest` to `newest`. `next` is the cursor of what is older and
 * `previous` of what is newer; null where the thread itself ends, and the stretch goes on to whatever comes.
 */
interface Stretch {
  oldest: Message | null;
  newest: Message | null;
  next: string | null;
  previous: string | null;
}

/** `rows` are the messages in order, also those that are outside the stretch, which a push may have brought. */
export interface Thread extends Stretch {
  messages: RowMap<Message>;
  rows: readonly Message[];
  phase: ThreadPhase;
}

/** Which page of a thread: beyond a cursor, or around a message; the newest one where nothing is said. */
export interface PageAt {
  after?: string;
  before?: string;
  around?: string;
}

/** Messages newest first, as the server pages them. */
export interface ThreadPage {
  messages: readonly Message[];
  next: string | null;
  previous?: string | null;
  at?: PageAt;
}

export const emptyThread: Thread = {
  messages: new RowMap(),
  rows: [],
  oldest: null,
  newest: null,
  next: null,
  previous: null,
  phase: "loading",
};

/** A page beyond an end of the stretch makes it longer, if it still ends there. Any other page takes its place. */
export function stretch(thread: Stretch, { messages, next, previous = null, at = {} }: ThreadPage): Stretch {
  const page: Stretch = { oldest: messages.at(-1) ?? null, newest: messages[0] ?? null, next, previous };
  const { oldest, newest, next: below, previous: above } = thread;
  if (at.after !== undefined)
    return at.after === below ? { oldest: page.oldest ?? oldest, newest, next, previous: above } : thread;
  if (at.before !== undefined)
    return at.before === above ? { oldest, newest: page.newest ?? newest, next: below, previous } : thread;
  const joined = at.around !== undefined && reachesUpTo(page, thread) && reachesUpTo(thread, page);
  return joined ? union(page, thread) : page;
}

function reachesUpTo(lower: Stretch, upper: Stretch): boolean {
  if (lower.oldest === null || upper.oldest === null) return false;
  return lower.previous === null || upper.next === null || bySentAt(lower.newest ?? lower.oldest, upper.oldest) >= 0;
}

function union(one: Stretch, other: Stretch): Stretch {
  const older = one.next === null || (other.next !== null && isBefore(one.oldest, other.oldest)) ? one : other;
  const newer = one.previous === null || (other.previous !== null && isBefore(other.newest, one.newest)) ? one : other;
  return { oldest: older.oldest, next: older.next, newest: newer.newest, previous: newer.previous };
}

const isBefore = (a: Message | null, b: Message | null) => a !== null && b !== null && bySentAt(a, b) < 0;

/** The thread with the newest copies of rows, some of which it may have had. */
export function withMessages(thread: Thread, fresh: ReadonlyMap<string, Message>): Thread {
  const rows = withRows(thread.rows, fresh.values(), thread.messages, bySentAt);
  return { ...thread, rows, messages: thread.messages.with(fresh.values()) };
}

export function withoutConversations(thread: Thread, gone: ReadonlySet<string>): Thread {
  const rows = thread.rows.filter((row) => !gone.has(row.conversation_id));
  if (rows.length === thread.rows.length) return thread;
  return { ...thread, rows, messages: new RowMap<Message>().with(rows) };
}

/** Where in `rows` what has been paged in begins and ends. */
function bounds({ rows, oldest, newest, next, previous }: Thread): [from: number, to: number] {
  const from = next === null || oldest === null ? 0 : placeOf(rows, oldest, bySentAt);
  const end = previous === null || newest === null ? null : placeOf(rows, newest, bySentAt);
  if (end === null) return [from, rows.length];
  return [from, rows[end]?.id === newest?.id ? end + 1 : end];
}

/** The rows that have been paged in, oldest first. */
export function pagedIn(thread: Thread): readonly Message[] {
  return thread.rows.slice(...bounds(thread));
}

/** Whether a message is among those that are shown. */
export function isShown(thread: Thread, id: string): boolean {
  const row = thread.messages.get(id);
  if (!row || row.discarded_at !== null) return false;
  // Of a thread that was never paged in nothing is shown; an empty one that was goes on to whatever comes.
  if (thread.oldest === null && thread.phase !== "ready") return false;
  const [from, to] = bounds(thread);
  const place = placeOf(thread.rows, row, bySentAt);
  return place >= from && place < to;
}

/** What came in after a message, which may be beyond a gap; after what is shown where there is no such message. */
export function inboundAfter(thread: Thread, seen: Message | undefined): Message[] {
  const from = seen ? placeOf(thread.rows, seen, bySentAt) : bounds(thread)[1];
  return thread.rows
    .slice(from)
    .filter((row) => row.direction === "inbound" && row.discarded_at === null && row.id !== seen?.id);
}
