import { type Filters, fits } from "./filters";
import type { Inbox, Outgoing } from "./reducer";
import { isNamed, readSearch } from "./search";
import { instant } from "./sorted";
import { pagedIn, type Thread } from "./thread";
import type { Conversation, Message } from "./types";

const activity = (row: Conversation) => instant(row, row.last_active_at);

/**
 * The rows of the list: those that fit the filter and are no older than what has been paged in, so that a conversation
 * known from elsewhere never sits below a gap. In a search they are those that the server has found, and newcomers whose
 * contact or newest message answers it.
 */
export function listedConversations(inbox: Inbox, filters: Filters): Conversation[] {
  const { ids, matches, next, oldestActivity } = inbox.list;
  const horizon = next === null || oldestActivity === null ? null : Date.parse(oldestActivity);
  const search = filters.search === "" ? null : readSearch(filters.search);
  const answers = ({ id, contact }: Conversation) => search === null || matches.has(id) || isNamed(contact, search);
  const isReached = (row: Conversation) => horizon === null || activity(row) >= horizon;
  const belongs = (row: Conversation) => (isReached(row) && answers(row)) || ids.has(row.id);
  return inbox.recent.filter((row) => fits(row, filters) && belongs(row));
}

/** A discarded message stays known, so that no late copy of it brings it back, and is not shown. */
export function threadMessages(thread: Thread): Message[] {
  return pagedIn(thread).filter((row) => row.discarded_at === null);
}

export function outgoingTo(outbox: Inbox["outbox"], conversationId: string): Outgoing[] {
  return [...outbox.values()].filter((outgoing) => outgoing.conversation_id === conversationId);
}

/** Reactions are drawn at the messages that they are about. */
export const isBubble = ({ body }: Outgoing) => body.type !== "reaction";

/** Our reactions that the server has not confirmed, by the wamid of the message. */
export function outgoingReactions(outgoing: readonly Outgoing[]): ReadonlyMap<string, Outgoing> {
  return new Map(
    outgoing.flatMap((row): [string, Outgoing][] =>
      row.body.type === "reaction" ? [[row.body.reaction.message_id, row]] : [],
    ),
  );
}

/**
 * Where the unread line of a conversation is drawn: at the first of the last `unread` messages that the server counts.
 * Undefined while that may be a message which is not loaded: all that are there are newer, unless they are the `whole`.
 */
export function firstUnread(
  conversationId: string,
  messages: readonly Message[],
  unread: number,
  whole: boolean,
): string | null | undefined {
  if (unread === 0) return null;
  const counted = messages.filter((message) => message.conversation_id === conversationId && isCounted(message));
  if (counted.length < unread && !whole) return undefined;
  return counted.at(-Math.min(unread, counted.length))?.id ?? null;
}

const uncounted = new Set(["request_welcome", "system"]);

const isCounted = ({ direction, origin, type }: Message) =>
  direction === "inbound" && origin !== "history_sync" && !uncounted.has(type);
