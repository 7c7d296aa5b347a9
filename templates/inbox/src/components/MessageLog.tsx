import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { loadLatestMessages } from "../actions";
import { summary } from "../content";
import { type Day, farFrom, holds, inDays } from "../days";
import { clock, dayKey } from "../format";
import { t } from "../i18n";
import { now } from "../now";
import { places } from "../places";
import { replyState } from "../replyWindow";
import { firstUnread, isBubble, outgoingReactions, outgoingTo, threadMessages } from "../selectors";
import { announcement, inbox, openAt, session } from "../store";
import type { Thread } from "../thread";
import { isNote, timeline } from "../timeline";
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
  const [unreadFrom] = useState(() => (gap ? null : firstUnread(id, messages, unread)));
  const [unreadCount] = useState(unread);
  const [place] = useState(() => places.get(id)?.element);
  const user = session.value?.user ?? null;
  const before = useRef<Day[]>([]);
  const days = useMemo(() => {
    const items = timeline(id, messages, outgoing, unreadFrom, user);
    before.current = inDays(items, thread.messages, before.current);
    return before.current;
  }, [id, messages, outgoing, unreadFrom, user, thread]);
  const lastDay = days.findLast((day) => day.parts.some((part) => holds(part, last)));
  const wanted = openAt.value;
  const [late] = useState(() => farFrom(days, wanted ?? place?.replace(messageId(""), "") ?? unreadFrom));
  const today = dayKey(now.value.toISOString());
  const log = { box, content, conversationId: id, gap, from: unreadFrom && unreadLine };
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

function announced(message: Message, contact: string): string {
  const name = message.direction === "inbound" ? contact : (message.sent_by?.name ?? t("message.fromYou"));
  return t("announce.shown", { name, time: clock(message.timestamp), preview: summary(message) });
}
