import { followMatches, type Matches } from "./matches";
import type { Body } from "./reply";
import { RowMap } from "./rowMap";
import { byActivity, withRows } from "./sorted";
import { emptyThread, stretch, type Thread, type ThreadPage, withMessages, withoutConversations } from "./thread";
import type { Context, Conversation, Match, Media, Message, Removed, TemplatePart } from "./types";

/**
 * One state and one reducer for three sources: first loads, pushes and catch-up. Rows are kept by id and a row gives way
 * only to a copy whose `rev` is not older, so repeats and disorder are harmless. Rows outside what has been paged in are kept
 * too (a push may overtake the page that holds an older copy); selectors.ts and thread.ts leave them out of sight.
 */
export type Phase = "loading" | "ready" | "failed";

export interface ConversationList {
  /** What the server found for the current filter. */
  ids: ReadonlySet<string>;
  search: string;
  matches: Matches;
  oldestActivity: string | null;
  next: string | null;
  phase: Phase;
}

/**
 * A message that the server has not confirmed; `media` is what is shown of its file meanwhile, `words` and
 * `template_parts` of a template.
 * `failure` is null while it is on its way.
 */
export interface Outgoing {
  client_id: string;
  conversation_id: string;
  body: Body;
  context: Context | null;
  media: Media | null;
  words: string | null;
  template_parts: TemplatePart[] | null;
  timestamp: string;
  failure: string | null;
}

export interface Inbox {
  conversations: RowMap<Conversation>;
  /** The same conversations, the one that was active last first. */
  recent: readonly Conversation[];
  /** Conversations that left the scope, with the `rev` that left: only a newer copy brings one back. */
  removed: ReadonlyMap<string, string>;
  threads: ReadonlyMap<string, Thread>;
  list: ConversationList;
  outbox: ReadonlyMap<string, Outgoing>;
}

export interface Rows {
  conversations?: readonly Conversation[];
  messages?: readonly Message[];
  removed?: readonly Removed[];
}

export type Action =
  | ({ type: "rows" } & Rows)
  | { type: "list.loading"; first: boolean; search?: string }
  | { type: "list.page"; conversations: readonly Conversation[]; matches?: readonly Match[]; next: string | null }
  | { type: "list.failed" }
  | { type: "thread.loading"; id: string }
  | ({ type: "thread.page"; id: string } & ThreadPage)
  /** What was asked for did not come, and the thread shows what it has. */
  | { type: "thread.ready"; id: string }
  | { type: "thread.failed"; id: string }
  /** Messages of a thread that were found elsewhere than in its pages: they are kept, and stay out of sight there. */
  | { type: "thread.found"; id: string; messages: readonly Message[] }
  | { type: "outgoing"; outgoing: Outgoing }
  | { type: "outgoing.failed"; client_id: string; failure: string }
  | { type: "outgoing.dropped"; client_id: string }
  | { type: "reset" };

const emptyList: ConversationList = {
  ids: new Set(),
  search: "",
  matches: new Map(),
  oldestActivity: null,
  next: null,
  phase: "loading",
};
const keptThreads = 20;

export const emptyInbox: Inbox = {
  conversations: new RowMap(),
  recent: [],
  removed: new Map(),
  threads: new Map(),
  list: emptyList,
  outbox: new Map(),
};

/** `rev` is a decimal string that may exceed what a number holds. */
export function isNewer(rev: string, than: string): boolean {
  return rev.length === than.length ? rev > than : rev.length > than.length;
}

export function reduce(inbox: Inbox, action: Action): Inbox {
  switch (action.type) {
    case "rows":
      return followMatches(mergeRows(inbox, action), action);
    case "list.loading": {
      const { first, search = "" } = action;
      return { ...inbox, list: first ? { ...emptyList, search } : { ...inbox.list, phase: "loading" } };
    }
    case "list.page":
      return addListPage(mergeRows(inbox, action), action.conversations, action.matches ?? [], action.next);
    case "list.failed":
      return { ...inbox, list: { ...inbox.list, phase: "failed" } };
    case "thread.loading":
      return withThread(inbox, action.id, { phase: "loading" });
    case "thread.page":
      return addThreadPage(inbox, action.id, action);
    case "thread.ready":
      return withThread(inbox, action.id, { phase: "ready" });
    case "thread.failed":
      return withThread(inbox, action.id, { phase: "failed" });
    case "thread.found":
      return mergeMessages(inbox, action.messages, action.id);
    case "outgoing":
      return { ...inbox, outbox: new Map(inbox.outbox).set(action.outgoing.client_id, action.outgoing) };
    case "outgoing.failed":
      return failOutgoing(inbox, action.client_id, action.failure);
    case "outgoing.dropped":
      return { ...inbox, outbox: without(inbox.outbox, [action.client_id]) };
    case "reset":
      return { ...emptyInbox, outbox: inbox.outbox };
  }
}

function mergeRows(inbox: Inbox, { conversations = [], messages = [], removed = [] }: Rows): Inbox {
  return remove(mergeMessages(mergeConversations(inbox, conversations), messages), removed);
}

function mergeConversations(inbox: Inbox, rows: readonly Conversation[]): Inbox {
  const fresh = new Map<string, Conversation>();
  for (const row of rows) {
    const removedAt = inbox.removed.get(row.id);
    const isBack = removedAt === undefined || isNewer(row.rev, removedAt);
    if (isBack && isNews(fresh.get(row.id) ?? inbox.conversations.get(row.id), row)) fresh.set(row.id, row);
  }
  if (fresh.size === 0) return inbox;
  const merged = [...fresh.values()].filter((row) => isMerged(inbox.conversations.get(row.id), row));
  return {
    ...inbox,
    conversations: inbox.conversations.with(fresh.values()),
    recent: withRows(inbox.recent, fresh.values(), inbox.conversations, byActivity),
    threads: stale(inbox.threads, merged),
    removed: without(inbox.removed, [...fresh.keys()]),
  };
}

/** Somebody else turned out to be the person: the thread goes on into conversations that it did not go on into before. */
function isMerged(known: Conversation | undefined, row: Conversation): boolean {
  return known !== undefined && known.contact.merged_at !== row.contact.merged_at;
}

function stale(threads: Inbox["threads"], rows: readonly Conversation[]): Inbox["threads"] {
  const changed = rows.flatMap(({ id }): [string, Thread][] => {
    const thread = threads.get(id);
    return thread ? [[id, { ...thread, phase: "stale" }]] : [];
  });
  return changed.length === 0 ? threads : new Map([...threads, ...changed]);
}

/**
 * Only opened threads keep messages: the others are loaded whole when they are opened. A thread goes on into the earlier
 * conversations of its person, so that it takes what a page `into` it has, and the news of every message that it holds.
 */
function mergeMessages(inbox: Inbox, rows: readonly Message[], into: string | null = null): Inbox {
  const changed = new Map<string, Thread>();
  for (const [id, thread] of inbox.threads) {
    const fresh = new Map<string, Message>();
    for (const row of rows) {
      const belongs = id === into || row.conversation_id === id || thread.messages.has(row.id);
      const known = fresh.get(row.id) ?? thread.messages.get(row.id);
      if (!belongs) continue;
      const said = withWords(row, known ?? inbox.outbox.get(row.client_id ?? ""));
      if (isNews(known, said)) fresh.set(row.id, said);
    }
    if (fresh.size > 0) changed.set(id, withMessages(thread, fresh));
  }
  const outbox = without(
    inbox.outbox,
    rows.map((row) => row.client_id),
  );
  if (changed.size === 0 && outbox === inbox.outbox) return inbox;
  return { ...inbox, outbox, threads: new Map([...inbox.threads, ...changed]) };
}

/** The page that sends a template knows what it says before the server does. */
function withWords(row: Message, known: Message | Outgoing | undefined): Message {
  if (!known?.words || row.words !== null || row.deleted_at !== null) return row;
  return { ...row, words: known.words, template_parts: known.template_parts };
}

/** A removal is a version like any other: one that is older than the row, which has come back since, is not news. */
function remove(inbox: Inbox, rows: readonly Removed[]): Inbox {
  const fresh = rows.filter(({ conversation_id, rev }) => {
    const known = inbox.conversations.get(conversation_id)?.rev ?? inbox.removed.get(conversation_id);
    return known === undefined || !isNewer(known, rev);
  });
  if (fresh.length === 0) return inbox;
  const removed = new Map(inbox.removed);
  for (const { conversation_id, rev } of fresh) removed.set(conversation_id, rev);
  const ids = new Set(fresh.map((row) => row.conversation_id));
  return {
    ...inbox,
    removed,
    conversations: inbox.conversations.without(ids),
    recent: inbox.recent.filter((row) => !ids.has(row.id)),
    threads: withoutMessagesOf(without(inbox.threads, [...ids]), ids),
  };
}

/** What left the scope is in no thread any more, not even as an earlier conversation. */
function withoutMessagesOf(threads: Inbox["threads"], gone: ReadonlySet<string>): Inbox["threads"] {
  return new Map([...threads].map(([id, thread]) => [id, withoutConversations(thread, gone)]));
}

function addListPage(inbox: Inbox, rows: readonly Conversation[], found: readonly Match[], next: string | null): Inbox {
  const ids = new Set([...inbox.list.ids, ...rows.map((row) => row.id)]);
  const oldestActivity = rows.at(-1)?.last_active_at ?? inbox.list.oldestActivity;
  const matches = new Map([...inbox.list.matches, ...found.map((match) => [match.conversation_id, match] as const)]);
  return { ...inbox, list: { ...inbox.list, ids, matches, oldestActivity, next, phase: "ready" } };
}

function addThreadPage(inbox: Inbox, id: string, page: ThreadPage): Inbox {
  const thread = inbox.threads.get(id) ?? emptyThread;
  return mergeMessages(withThread(inbox, id, { ...stretch(thread, page), phase: "ready" }), page.messages, id);
}

function withThread(inbox: Inbox, id: string, change: Partial<Thread>): Inbox {
  const threads = new Map(inbox.threads);
  const thread = { ...(threads.get(id) ?? emptyThread), ...change };
  // Set last, so that the first in the map is the one touched longest ago.
  threads.delete(id);
  threads.set(id, thread);
  const stale = [...threads.keys()].slice(0, -keptThreads);
  return { ...inbox, threads: without(threads, stale) };
}

function failOutgoing(inbox: Inbox, clientId: string, failure: string): Inbox {
  const outgoing = inbox.outbox.get(clientId);
  if (!outgoing) return inbox;
  return { ...inbox, outbox: new Map(inbox.outbox).set(clientId, { ...outgoing, failure }) };
}

/** Two writes may share a `rev`: then the one that came last counts, and a mere repeat changes nothing. */
function isNews(known: { rev: string } | undefined, row: { rev: string }): boolean {
  if (known === undefined) return true;
  return known.rev === row.rev ? JSON.stringify(known) !== JSON.stringify(row) : isNewer(row.rev, known.rev);
}

/** The same map when there is nothing to take out, so that what depends on it does not run again. */
function without<Value>(map: ReadonlyMap<string, Value>, keys: readonly (string | null)[]): ReadonlyMap<string, Value> {
  const found = keys.filter((key) => key !== null && map.has(key));
  if (found.length === 0) return map;
  const rest = new Map(map);
  for (const key of found) rest.delete(key as string);
  return rest;
}
