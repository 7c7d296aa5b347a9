import { batch, effect, untracked } from "@preact/signals";
import { Api, ApiError } from "./api";
import type { Bootstrap } from "./bootstrap";
import { wantsDetails } from "./details";
import { failureText } from "./failure";
import { type Filters, filterQuery } from "./filters";
import { t } from "./i18n";
import { keepOutbox } from "./keptOutbox";
import { goLive } from "./live";
import { refuse, reopen } from "./renewal";
import {
  announcement,
  connection,
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
import { isShown, type PageAt } from "./thread";
import type { Conversation, ConversationStatus } from "./types";

let api: Api;
let listRequest = new AbortController();

/** Loads the inbox and keeps it live; the promise fails when the server cannot be reached at first. */
export async function start({ token, version, cursor }: Bootstrap): Promise<() => void> {
  api = new Api(token, version, refuse);
  reopen();
  // The page's cursor is older than whatever is read now, so that nothing has to wait for a newer one.
  await Promise.all([loadList(), loadSession().then(loadOpen)]);
  // What comes before it is live is among the changes since the cursor.
  await painted();
  const stopKeeping = keepOutbox();
  const stopClosing = effect(closeRemoved);
  const stopReloading = effect(reloadStale);
  const stopRetrying = effect(reloadFailed);
  const stopLive = goLive({ api, token, cursor, reload });
  return () => {
    stopKeeping();
    stopClosing();
    stopReloading();
    stopRetrying();
    stopLive();
  };
}

/** After the next frame; a page that is not in view draws none. */
function painted(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 100);
    requestAnimationFrame(() => setTimeout(resolve));
  });
}

/** The open conversation may leave the scope: it was given to a colleague, for one. */
function closeRemoved(): void {
  if (openId.value && inbox.value.removed.has(openId.value)) close();
}

/** The open thread is loaded again at once, another one when it is opened. */
function reloadStale(): void {
  if (openId.value && openThread.value?.phase === "stale") void loadThread(openId.value);
}

/** A list that could not be loaded is asked for again once the server answers. */
function reloadFailed(): void {
  const answers = connection.value === "live" || connection.value === "polling";
  if (answers && inbox.peek().list.phase === "failed") void untracked(loadList);
}

export const theApi = () => api;

/** The cursor is taken before the rows are read: what changes in between comes with the first catch-up. */
async function reload(): Promise<string> {
  const cursor = await loadSession();
  await Promise.all([loadList(), loadOpen()]);
  return cursor;
}

async function loadSession(): Promise<string> {
  const { data } = await api.session();
  session.value = data;
  return data.cursor;
}

async function loadOpen(): Promise<void> {
  if (openId.value) await loadConversation(openId.value);
}

/** A new filter replaces the entry of the history: entries of a frame are steps of its host's own Back button. */
export function changeFilters(change: Partial<Filters>): void {
  filters.value = { ...filters.value, ...change };
  const query = filterQuery(filters.value, new URLSearchParams(location.search));
  history.replaceState(history.state, "", `${location.pathname}${query.size > 0 ? `?${query}` : ""}${location.hash}`);
  void loadList();
}

export async function loadList(): Promise<void> {
  dispatch({ type: "list.loading", first: true, search: filters.value.search });
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
    if (signal.aborted) return;
    const { data: conversations, matches, paging } = page;
    dispatch({ type: "list.page", conversations, matches, next: paging.next });
    if (filters.value.search !== "" && after === null && paging.next === null)
      announcement.value = t("announce.found", { count: conversations.length });
  } catch {
    if (!signal.aborted) dispatch({ type: "list.failed" });
  }
}

/** Opens a conversation, at one of its messages where one is named. */
export function open(id: string, at?: string): void {
  if (openId.value !== id)
    batch(() => {
      openId.value = id;
      openAt.value = null;
      detailsOpen.value = wantsDetails();
      trouble.value = null;
    });
  const thread = inbox.value.threads.get(id);
  if (at !== undefined) goTo(at);
  else if (!thread || thread.phase === "failed") void loadThread(id);
}

/** Shows a message of the open thread; what is around it is loaded before, where it has to be. */
export function goTo(messageId: string): void {
  const thread = openThread.value;
  openAt.value = messageId;
  trouble.value = null;
  if (openId.value && !(thread && isShown(thread, messageId))) void loadThread(openId.value);
}

/** Opens a conversation that the list may not hold. */
export function showConversation(conversation: Conversation): void {
  dispatch({ type: "rows", conversations: [conversation] });
  open(conversation.id);
}

export function close(): void {
  batch(() => {
    openId.value = null;
    openAt.value = null;
    detailsOpen.value = false;
  });
}

export async function loadConversation(id: string): Promise<void> {
  try {
    const { data } = await api.conversation(id);
    dispatch({ type: "rows", conversations: [data] });
    await loadThread(id);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) close();
    else dispatch({ type: "thread.failed", id });
  }
}

/** The end of a thread, or what is around the message that it is to open at. */
export async function loadThread(id: string): Promise<void> {
  const around = openId.value === id ? openAt.value : null;
  await loadMessages(id, around === null ? {} : { around });
}

export async function loadOlderMessages(): Promise<void> {
  const after = openThread.value?.next;
  if (openId.value && after && openThread.value?.phase !== "loading") await loadMessages(openId.value, { after });
}

export async function loadNewerMessages(): Promise<void> {
  const before = openThread.value?.previous;
  if (openId.value && before && openThread.value?.phase !== "loading") await loadMessages(openId.value, { before });
}

/** Leaves the part of the thread that is loaded, for its end. */
export async function loadLatestMessages(id: string): Promise<void> {
  openAt.value = null;
  await loadMessages(id, {});
}

const threadRequests = new Map<string, AbortController>();

/** The last request for a thread counts: a page that was asked for before would take the reader away from it. */
async function loadMessages(id: string, at: PageAt): Promise<void> {
  threadRequests.get(id)?.abort();
  const request = new AbortController();
  threadRequests.set(id, request);
  dispatch({ type: "thread.loading", id });
  try {
    const page = await api.messages(id, at, request.signal);
    if (request.signal.aborted) return;
    const { next, previous } = page.paging;
    dispatch({ type: "thread.page", id, at, messages: page.data, next, previous });
  } catch (error) {
    if (!request.signal.aborted) await failMessages(id, at, error);
  }
}

/** A message that cannot be shown leaves the reader where he is, or at the end of a thread that was not open. */
async function failMessages(id: string, { around }: PageAt, error: unknown): Promise<void> {
  const opened = inbox.value.threads.get(id)?.oldest != null;
  const gone = error instanceof ApiError && error.status === 404;
  if (around === undefined || !(opened || gone)) return dispatch({ type: "thread.failed", id });
  if (openId.value === id) {
    openAt.value = null;
    trouble.value = gone ? t("message.unavailable") : failureText(error);
  }
  if (opened) dispatch({ type: "thread.ready", id });
  else await loadMessages(id, {});
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
