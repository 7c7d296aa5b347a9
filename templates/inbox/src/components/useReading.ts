import { useEffect, useRef } from "preact/hooks";
import { markRead } from "../actions";
import { visible } from "../now";
import { inboundAfter, type Thread } from "../thread";
import type { Conversation, Message } from "../types";

/** How many messages came in below the view since the reader was last at the end. */
export function useUnseen(thread: Thread, messages: readonly Message[], atEnd: boolean): number {
  const seen = useRef<Message | undefined>(undefined);
  if (thread.previous === null && (atEnd || !seen.current)) seen.current = messages.at(-1);
  return inboundAfter(thread, seen.current).length;
}

/**
 * A thread is read when it is opened on screen, and again with each message that arrives in view: not where it was opened
 * at some other place than its end or its first unread message.
 */
export function useReading({ id, unread_count: unread, rev }: Conversation, atEnd: boolean, elsewhere: boolean): void {
  const opened = useRef(elsewhere);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new rev may be another message
  useEffect(() => {
    if (!visible.value) return;
    const opening = !opened.current;
    opened.current = true;
    if (unread > 0 && (opening || atEnd)) void markRead(id);
  }, [id, unread, rev, atEnd, visible.value]);
}
