import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { loadOlderMessages, markRead } from "../actions";
import { type ThreadItem, withAlbums } from "../albums";
import { dayDate, dayName } from "../format";
import { t } from "../i18n";
import { now, visible } from "../now";
import type { Thread } from "../reducer";
import { replyState } from "../replyWindow";
import { firstUnread, isBubble, outgoingReactions, outgoingTo, threadMessages } from "../selectors";
import { inbox, session } from "../store";
import { isNote, timeline } from "../timeline";
import type { Conversation, Message } from "../types";
import { Album } from "./Album";
import { DownIcon } from "./icons";
import { MessageItem } from "./MessageItem";
import { OutgoingItem } from "./OutgoingItem";
import { useAnchoredScroll } from "./useAnchoredScroll";

const unreadLine = "unread-line";

export function MessageLog({ conversation, thread }: { conversation: Conversation; thread: Thread }) {
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const { id, unread_count: unread } = conversation;
  const messages = useMemo(() => threadMessages(thread), [thread]);
  const unconfirmed = outgoingTo(inbox.value, id);
  const outgoing = unconfirmed.filter(isBubble);
  const reacting = outgoingReactions(unconfirmed);
  const { open } = replyState(conversation, now.value);
  const last = messages.findLast((message) => !isNote(message))?.id;
  // Where the reader left off, as it was when the thread was opened.
  const [unreadFrom] = useState(() => firstUnread(id, messages, unread));
  const [unreadCount] = useState(unread);
  const { atEnd, toEnd } = useAnchoredScroll(box, content, unreadFrom && unreadLine);
  const unseen = useUnseen(messages, atEnd);
  useReading(conversation, atEnd);

  // biome-ignore lint/correctness/useExhaustiveDependencies: one's own reply always comes into view
  useEffect(toEnd, [outgoing.length > 0 && outgoing.at(-1)?.client_id]);

  const loaded = useMemo(() => new Map(messages.map((message) => [message.id, message])), [messages]);
  const draw = (item: ThreadItem) => {
    switch (item.kind) {
      case "day":
        return <Divider key={item.key} label={dayName(item.timestamp, now.value)} />;
      case "unread":
        return <Divider key={item.key} id={unreadLine} label={t("thread.unread", { count: unreadCount })} />;
      case "earlier":
        return <Divider key={item.key} label={t("thread.earlier", { date: dayDate(item.timestamp, now.value) })} />;
      case "message":
        return (
          <MessageItem
            key={item.key}
            message={item.message}
            joined={item.joined}
            contact={conversation.contact.name}
            loaded={loaded}
            reacting={reacting.get(item.message.wamid ?? "")}
            open={open}
            last={item.message.id === last}
          />
        );
      case "outgoing":
        return <OutgoingItem key={item.key} outgoing={item.outgoing} joined={item.joined} loaded={loaded} />;
      case "album":
        return (
          <Album key={item.key} direction={item.direction} joined={item.joined}>
            {item.items.map(draw)}
          </Album>
        );
    }
  };
  return (
    <div class="log-frame">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the log must scroll by keyboard */}
      <section class="log" ref={box} tabIndex={0} aria-label={t("thread.label", { name: conversation.contact.name })}>
        <LogStart thread={thread} box={box} />
        <div class="log-content" ref={content}>
          {withAlbums(timeline(id, messages, outgoing, unreadFrom, session.value?.user ?? null)).map(draw)}
        </div>
      </section>
      {!atEnd && (
        <button type="button" class={`jump ${unseen > 0 ? "jump-news" : ""}`} onClick={toEnd}>
          <DownIcon />
          <span class={unseen > 0 ? "" : "visually-hidden"}>
            {unseen > 0 ? t("thread.new", { count: unseen }) : t("thread.latest")}
          </span>
        </button>
      )}
    </div>
  );
}

function Divider({ id, label }: { id?: string; label: string }) {
  return (
    <div class={`divider ${id ? "divider-unread" : ""}`} id={id}>
      <span>{label}</span>
    </div>
  );
}

/** Loads what is older as the reader comes near the top. */
function LogStart({ thread, box }: { thread: Thread; box: { current: HTMLElement | null } }) {
  const sentinel = useRef<HTMLDivElement>(null);
  const { next, phase } = thread;
  useEffect(() => {
    if (next === null || phase !== "ready" || !sentinel.current) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && void loadOlderMessages(), {
      root: box.current,
      rootMargin: "800px 0px 0px",
    });
    observer.observe(sentinel.current);
    return () => observer.disconnect();
  }, [box, next, phase]);
  return (
    <div class="log-start" ref={sentinel}>
      {phase === "loading" && <span class="spinner" role="status" aria-label={t("thread.loading")} />}
      {phase === "failed" && (
        <button type="button" class="button" onClick={() => void loadOlderMessages()}>
          {t("action.retry")}
        </button>
      )}
      {phase === "ready" && next === null && t("thread.start")}
    </div>
  );
}

/** How many messages came in below the view since the reader was last at the end. */
function useUnseen(messages: readonly Message[], atEnd: boolean): number {
  const seen = useRef(messages.at(-1)?.id);
  if (atEnd) seen.current = messages.at(-1)?.id;
  const from = messages.findIndex((message) => message.id === seen.current);
  return messages.slice(from + 1).filter((message) => message.direction === "inbound").length;
}

/** A thread is read when it is opened and on screen, and again with each message that arrives in view. */
function useReading({ id, unread_count: unread, rev }: Conversation, atEnd: boolean): void {
  const opened = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new rev may be another message
  useEffect(() => {
    if (!visible.value) return;
    const opening = !opened.current;
    opened.current = true;
    if (unread > 0 && (opening || atEnd)) void markRead(id);
  }, [id, unread, rev, atEnd, visible.value]);
}
