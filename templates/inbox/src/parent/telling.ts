import { effect, signal } from "@preact/signals";
import { theApi } from "../actions";
import { hearers, oldest } from "../apply";
import type { FromInbox, Contact as HostContact } from "../host/declarations";
import { inbox, openConversation, openId, refusal, session } from "../store";
import type { Contact, Message } from "../types";
import { tellHeight } from "./height";
import { isShort, mostWaiting, moved, type Queues, queuesOf } from "./waiting";

type Post = (message: FromInbox) => void;

const retryAfter = 10_000;
const mostHeard = 1_000;
/** Milliseconds after which what happened while the page could not hear is no news any more. */
const latest = 60_000;

/** Tells the host's page what is so now, and what happens from now on. Never what anybody wrote. */
export function startTelling(post: Post): () => void {
  const stops = [tellQueues(post), tellOpened(post), tellReceived(post), tellHeight(post)];
  return () => {
    for (const stop of stops) stop();
  };
}

const contactOf = ({ id, name, phone_number }: Contact): HostContact => ({ id, name, phone_number });

/** How many wait for an answer, and which begin to wait for a person. */
function tellQueues(post: Post): () => void {
  const queues = signal<Queues | null>(null);
  let asking = false;
  let stopped = false;
  let timer: number | undefined;

  const ask = async () => {
    if (asking || stopped || refusal.peek() !== null) return;
    asking = true;
    clearTimeout(timer);
    try {
      const { data } = await theApi().waiting();
      queues.value = moved(queuesOf(data), inbox.peek());
    } catch {
      if (!stopped) timer = window.setTimeout(ask, retryAfter);
    } finally {
      asking = false;
    }
  };
  /** The session is loaded anew when the page has missed too much: what waits since then is no news. */
  const loadAnew = () => {
    if (!session.value) return;
    queues.value = null;
    void ask();
  };
  const follow = () => {
    if (queues.value) queues.value = moved(queues.value, inbox.value);
    if (queues.value && isShort(queues.value.unread)) void ask();
  };
  let told = { count: -1, more: false };
  const tellUnread = () => {
    if (!queues.value) return;
    const { ids, more } = queues.value.unread;
    const unread = { count: Math.min(ids.size, mostWaiting), more: more || ids.size > mostWaiting };
    if (unread.count === told.count && unread.more === told.more) return;
    told = unread;
    post({ porthole: 1, type: "unread", ...unread });
  };
  let before: Queues["handoff"] | undefined;
  const tellHandoffs = () => {
    const handoff = queues.value?.handoff;
    // Beyond what the server names nobody knows which of them are new.
    for (const id of before && handoff && !before.more && oldest <= latest ? handoff.ids : []) {
      const row = before?.ids.has(id) ? undefined : inbox.peek().conversations.get(id);
      if (!row) continue;
      const { contact, handed_off_by: by } = row;
      post({ porthole: 1, type: "handoff-requested", conversation_id: id, contact: contactOf(contact), by });
    }
    before = handoff;
  };
  const stops = [effect(loadAnew), effect(follow), effect(tellUnread), effect(tellHandoffs)];
  return () => {
    stopped = true;
    clearTimeout(timer);
    for (const stop of stops) stop();
  };
}

function tellOpened(post: Post): () => void {
  let told: string | null = null;
  return effect(() => {
    const conversation = openConversation.value;
    if (told !== null && told !== openId.value) {
      post({ porthole: 1, type: "conversation-closed", conversation_id: told });
      told = null;
    }
    if (!conversation || told !== null) return;
    told = conversation.id;
    const contact = contactOf(conversation.contact);
    post({ porthole: 1, type: "conversation-opened", conversation_id: told, contact });
  });
}

/** Each once: a push may come twice, and what no push brought comes with a catch-up, among what is no news. */
function tellReceived(post: Post): () => void {
  const since = Date.now();
  const heard = new Set<string>();
  const hear = (messages: readonly Message[], isPush: boolean) => {
    const newsSince = Math.max(since, Date.now() - latest);
    for (const { id, conversation_id, direction, origin, timestamp } of messages) {
      const isLive =
        direction === "inbound" && origin !== "history_sync" && (isPush || Date.parse(timestamp) >= newsSince);
      const contact = inbox.peek().conversations.get(conversation_id)?.contact;
      if (!isLive || heard.has(id) || !contact) continue;
      heard.add(id);
      if (heard.size > mostHeard) heard.delete([...heard][0] as string);
      const message = { conversation_id, message_id: id, timestamp, contact: contactOf(contact) };
      post({ porthole: 1, type: "message-received", ...message });
    }
  };
  hearers.add(hear);
  return () => hearers.delete(hear);
}
