import { batch, effect } from "@preact/signals";
import { Api, ApiError } from "./api";
import { wantsDetails } from "./details";
import { failureText } from "./failure";
import { type Filters, filterQuery } from "./filters";
import { t } from "./i18n";
import { goLive } from "./live";
import { refuse, reopen } from "./renewal";
import {
  announcement,
  detailsOpen,
  dispatch,
  endedHere,
  filters,
  inbox,
  openAt,
  openId,
  openThread,
  session,
  trouble,
} from "./store";
import type { Conversation, ConversationStatus } from "./types";

let api: Api;
let listRequest = new AbortController();

/** Loads the inbox and keeps it live; the promise fails when the server cannot be reached at first. */
export async function start(token: string, version: string): Promise<() => void> {
  api = new Api(token, version, refuse);
  reopen();
  const cursor = await load();
  const stopClosing = effect(closeRemoved);
  const stopReloading = effect(reloadStale);
  const stopLive = goLive({ api, token, cursor, reload: load });
  return () => {
    stopClosing();
    stopReloading();
    stopLive();
  };
}

/** The open conversation may leave the scope: it was given to a colleague, for one. */
function closeRemoved(): void {
  if (openId.value && inbox.value.removed.has(openId.value)) close();
}

/** The open thread is loaded again at once, another one when it is opened. */
function reloadStale(): void {
  if (openId.value && openThread.value?.phase === "stale") void loadThread(openId.value);
}

export const theApi = () => api;

/** The cursor is taken before the rows are read: what changes in between comes with the first catch-up. */
async function load(): Promise<string> {
  const { data } = await api.session();
  session.value = data;
  const id = openId.value;
  await Promise.all([loadList(), id ? loadConversation(id) : undefined]);
  return data.cursor;
}

export function changeFilters(change: Partial<Filters>): void {
  filters.value = { ...filters.value, ...change };
  const query = filterQuery(filters.value, new URLSearchParams(location.search));
  history.replaceState(history.state, "", `${location.pathname}${query.size > 0 ? `?${query}` : ""}${location.hash}`);
  void loadList();
}

export async function loadList(): Promise<void> {
  dispatch({ type: "list.loading", first: true });
  await loadListPage(null);
}

export async function loadMoreConversations(): Promise<void> {
  const { next, phase } = inbox.value.list;
  if (next === null || phase === "loading") return;
  dispatch({ type: "list.loading", first: false });
  await loadListPage(next);
}

async function loadListPage(after: string | null): Promise<void> {
  listRequest.abort();
  listRequest = new AbortController();
  const { signal } = listRequest;
  try {
    const page = await api.conversations(filters.value, after, signal);
    if (!signal.aborted) dispatch({ type: "list.page", conversations: page.data, next: page.paging.next });
  } catch {
    if (!signal.aborted) dispatch({ type: "list.failed" });
  }
}

/** Opens a conversation, at one of its messages where one is named. */
export function open(id: string, at?: string): void {
  openAt.value = at ?? null;
  if (openId.value === id) return;
  batch(() => {
    openId.value = id;
    detailsOpen.value = wantsDetails();
    trouble.value = null;
  });
  const thread = inbox.value.threads.get(id);
  if (!thread || thread.phase === "failed") void loadThread(id);
}

export function close(): void {
  batch(() => {
    openId.value = null;
    detailsOpen.value = false;
  });
}

async function loadConversation(id: string): Promise<void> {
  try {
    const { data } = await api.conversation(id);
    dispatch({ type: "rows", conversations: [data] });
    await loadThread(id);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) close();
  }
}

export async function loadThread(id: string): Promise<void> {
  await loadMessages(id, null);
}

export async function loadOlderMessages(): Promise<void> {
  const id = openId.value;
  const thread = openThread.value;
  if (id && thread?.next && thread.phase === "ready") await loadMessages(id, thread.next);
}

async function loadMessages(id: string, after: string | null): Promise<void> {
  dispatch({ type: "thread.loading", id });
  try {
    const page = await api.messages(id, after);
    dispatch({ type: "thread.page", id, messages: page.data, next: page.paging.next });
  } catch {
    dispatch({ type: "thread.failed", id });
  }
}

/** Takes over from the automation; fails when the server does not agree or cannot be reached. */
export async function handOff(id: string): Promise<void> {
  const { data } = await api.handOff(id);
  dispatch({ type: "rows", conversations: [data] });
}

/** Gives the conversation back to the automation, which answers from now on. */
export async function handBack({ id, contact }: Conversation): Promise<void> {
  const { data } = await api.handBack(id);
  dispatch({ type: "rows", conversations: [data] });
  announcement.value = t("announce.handBack", { name: contact.name });
}

/** Ends a conversation, or opens it again. */
export async function changeStatus({ id, contact }: Conversation, status: ConversationStatus): Promise<void> {
  const { data } = await api.setStatus(id, status);
  batch(() => {
    dispatch({ type: "rows", conversations: [data] });
    endedHere.value = status === "ended" ? id : null;
    announcement.value = t(status === "ended" ? "announce.ended" : "announce.reopened", { name: contact.name });
  });
}

/** Does what the reader asked for in the open conversation, and says above it why it could not be done. */
export async function attempt(call: () => Promise<void>): Promise<void> {
  trouble.value = null;
  try {
    await call();
  } catch (error) {
    trouble.value = failureText(error);
  }
}

const reading = new Set<string>();

export async function markRead(id: string): Promise<void> {
  if (reading.has(id)) return;
  reading.add(id);
  try {
    const { data } = await api.markRead(id);
    dispatch({ type: "rows", conversations: [data] });
  } catch {
    // The count stays, and the next look at the thread asks again.
  } finally {
    reading.delete(id);
  }
}
