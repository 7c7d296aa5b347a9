import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { loadLatestMessages } from "../actions";
import { summary } from "../content";
import { farFrom, holds } from "../days";
import { clock, dayKey } from "../format";
import { t } from "../i18n";
import { type Log, logOf } from "../log";
import { now } from "../now";
import { places } from "../places";
import { replyState } from "../replyWindow";
import { firstUnread, isBubble, outgoingReactions, outgoingTo, threadMessages } from "../selectors";
import { announcement, inbox, openAt, session } from "../store";
import type { Thread } from "../thread";
import { isNote } from "../timeline";
import type { Conversation, Message } from "../types";
import { DownIcon } from "./icons";
import { LogEnd, LogStart } from "./LogEdges";
import { LogDay, unreadLine } from "./LogPart";
import { markShown, messageId } from "./messageId";
import { useAnchoredScroll } from "./useAnchoredScroll";
import { useReading, useUnseen } from "./useReading";

export function MessageLog({ conversation, thread }: { conversation: Conversation; thread: Thread }) {
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const { id, unread_count: unread, contact } = conversation;
  const gap = thread.previous !== null;
  const messages = useMemo(() => threadMessages(thread), [thread]);
  const { outbox } = inbox.value;
  const unconfirmed = useMemo(() => outgoingTo(outbox, id), [outbox, id]);
  const outgoing = useMemo(() => (gap ? [] : unconfirmed.filter(isBubble)), [unconfirmed, gap]);
  const reacting = useMemo(() => outgoingReactions(unconfirmed), [unconfirmed]);
  const { open } = replyState(conversation, now.value);
  const last = messages.findLast((message) => !isNote(message))?.id;
  // Where the reader left off, as it was when the thread was opened.
  const [unreadCount] = useState(unread);
  const unreadFrom = useUnreadFrom(id, messages, gap ? 0 : unreadCount, thread.next === null);
  const [place] = useState(() => places.get(id)?.element);
  const user = session.value?.user ?? null;
  const before = useRef<Log | null>(null);
  const days = useMemo(() => {
    const source = { conversationId: id, messages, outgoing, unreadFrom, user, loaded: thread.messages };
    before.current = logOf(source, before.current);
    return before.current.days;
  }, [id, messages, outgoing, unreadFrom, user, thread]);
  const lastDay = days.findLast((day) => day.parts.some((part) => holds(part, last)));
  const wanted = openAt.value;
  const [late] = useState(() => farFrom(days, wanted ?? place?.replace(messageId(""), "") ?? unreadFrom));
  const today = dayKey(now.value.toISOString());
  const [from] = useState(unreadFrom && unreadLine);
  const log = { box, content, conversationId: id, gap, from };
  const { atEnd, toEnd, toElement } = useAnchoredScroll(log);
  const unseen = useUnseen(thread, messages, atEnd);
  const toLatest = () => (gap ? void loadLatestMessages(id).then(toEnd) : toEnd());
  useReading(conversation, atEnd && !gap, gap || place !== undefined);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a page may bring the message
  useLayoutEffect(() => {
    const message = wanted && thread.messages.get(wanted);
    const element = message && document.getElementById(messageId(message.id));
    if (!element) return;
    openAt.value = null;
    toElement(element);
    markShown(element);
    announcement.value = announced(message, contact.name);
  }, [wanted, thread, toElement, contact.name]);

  const own = unconfirmed.findLast(isBubble)?.client_id;
  const sent = useRef(own);
  // biome-ignore lint/correctness/useExhaustiveDependencies: one's own reply always comes into view
  useEffect(() => {
    if (own && own !== sent.current) toLatest();
    sent.current = own;
  }, [own]);

  return (
    <div class="log-frame">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the log must scroll by keyboard */}
      <section class="log" ref={box} tabIndex={0} aria-label={t("thread.label", { name: contact.name })}>
        <LogStart thread={thread} box={box} />
        <div class="log-content" ref={content}>
          {days.map((day) => (
            <LogDay
              key={day.key}
              day={day}
              today={today}
              late={late}
              wanted={wanted}
              box={box}
              contact={contact.name}
              loaded={thread.messages}
              reacting={reacting}
              unreadCount={unreadCount}
              open={open}
              last={day === lastDay && last !== undefined ? last : null}
            />
          ))}
        </div>
        {gap && <LogEnd thread={thread} box={box} />}
      </section>
      {(gap || !atEnd) && (
        <button type="button" class={`jump ${unseen > 0 ? "jump-news" : ""}`} onClick={toLatest}>
          <DownIcon />
          <span class={unseen > 0 ? "" : "visually-hidden"}>
            {unseen > 0 ? t("thread.new", { count: unseen }) : t("thread.latest")}
          </span>
        </button>
      )}
    </div>
  );
}

/** It stays where it was when the thread was opened, or where it was found as older messages came. */
function useUnreadFrom(id: string, messages: readonly Message[], unread: number, whole: boolean): string | null {
  const [newest] = useState(messages.at(-1)?.id);
  const [found, setFound] = useState<string | null | undefined>(undefined);
  if (found !== undefined) return found;
  const before = messages.slice(0, messages.findLastIndex((message) => message.id === newest) + 1);
  const from = firstUnread(id, before, unread, whole);
  if (from !== undefined) setFound(from);
  return from ?? null;
}

function announced(message: Message, contact: string): string {
  const name = message.direction === "inbound" ? contact : (message.sent_by?.name ?? t("message.fromYou"));
  return t("announce.shown", { name, time: clock(message.timestamp), preview: summary(message) });
}
