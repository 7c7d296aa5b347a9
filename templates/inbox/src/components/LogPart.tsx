import type { RefObject } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { withAlbums } from "../albums";
import { holds, type Part } from "../days";
import { dayDate } from "../format";
import { t } from "../i18n";
import { now } from "../now";
import type { Outgoing } from "../reducer";
import type { TimelineItem } from "../timeline";
import type { Message } from "../types";
import { Album } from "./Album";
import { MessageItem } from "./MessageItem";
import { OutgoingItem } from "./OutgoingItem";

/** The element at which unread messages begin. */
export const unreadLine = "unread-line";

interface Props {
  part: Part;
  /** Drawn when it comes near the view. */
  late: boolean;
  /** The message that is to be shown, which may be one of these. */
  wanted: string | null;
  box: RefObject<HTMLElement | null>;
  contact: string;
  loaded: ReadonlyMap<string, Message>;
  reacting: ReadonlyMap<string, Outgoing>;
  unreadCount: number;
  open: boolean;
  last: string | undefined;
}

/** Pixels that a message is taken for until it is drawn. */
const guess = 56;
const reach = 1_500;

/** Some messages in a row. It is drawn again only when something of its own has changed, however much the thread has. */
export function LogPart({ part, late, wanted, box, contact, loaded, reacting, unreadCount, open, last }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const drawn = useDrawn(element, box, late, wanted !== null && holds(part, wanted));
  const { items } = part;
  const quoted = useSame(items.map((item) => quotedBy(item, loaded)));
  const reactions = useSame(items.map((item) => reactionTo(item, reacting)));
  const tabbed = last !== undefined && holds(part, last) ? last : null;
  const height = items.length * guess;
  const children = useMemo(() => {
    const draw = (item: TimelineItem, index: number) => {
      switch (item.kind) {
        case "unread":
          return <Divider key={item.key} id={unreadLine} label={t("thread.unread", { count: unreadCount })} />;
        case "earlier":
          return <Divider key={item.key} label={t("thread.earlier", { date: dayDate(item.timestamp, now.peek()) })} />;
        case "message":
          return (
            <MessageItem
              key={item.key}
              message={item.message}
              joined={item.joined}
              contact={contact}
              quoted={quoted[index]}
              reacting={reactions[index]}
              open={open}
              last={item.message.id === tabbed}
            />
          );
        case "outgoing":
          return <OutgoingItem key={item.key} outgoing={item.outgoing} joined={item.joined} quoted={quoted[index]} />;
        default:
          return null;
      }
    };
    const drawn = new Map(items.map((item, index) => [item, draw(item, index)]));
    return withAlbums(items).map((item) =>
      item.kind === "album" ? (
        <Album key={item.key} direction={item.direction} joined={item.joined}>
          {item.items.map((one) => drawn.get(one))}
        </Album>
      ) : (
        drawn.get(item)
      ),
    );
  }, [items, contact, quoted, reactions, unreadCount, open, tabbed]);
  return (
    <div
      class="part"
      ref={element}
      style={drawn ? { containIntrinsicBlockSize: `auto ${height}px` } : { blockSize: `${height}px` }}
    >
      {drawn && children}
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

/** The quoted message as the thread has it, which may be newer than what came with the quote. */
function quotedBy(item: TimelineItem, loaded: ReadonlyMap<string, Message>): Message | undefined {
  const context =
    item.kind === "message" ? item.message.context : item.kind === "outgoing" ? item.outgoing.context : null;
  return context?.message ? loaded.get(context.message.id) : undefined;
}

/** Our reaction to a message that the server has not confirmed. */
function reactionTo(item: TimelineItem, reacting: ReadonlyMap<string, Outgoing>): Outgoing | undefined {
  return item.kind === "message" && item.message.wamid !== null ? reacting.get(item.message.wamid) : undefined;
}

/** The same array as long as the same things are in it. */
function useSame<Value>(values: readonly Value[]): readonly Value[] {
  const kept = useRef(values);
  const same = kept.current.length === values.length && kept.current.every((value, index) => value === values[index]);
  if (!same) kept.current = values;
  return kept.current;
}

/** Once drawn it stays, so that the browser finds its words and a screen reader can go through it. */
function useDrawn(
  element: RefObject<HTMLElement | null>,
  box: RefObject<HTMLElement | null>,
  late: boolean,
  wanted: boolean,
): boolean {
  const [drawn, setDrawn] = useState(!late || wanted);
  if (wanted && !drawn) setDrawn(true);
  useEffect(() => {
    if (drawn || !element.current) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && setDrawn(true), {
      root: box.current,
      rootMargin: `${reach}px 0px`,
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element, box, drawn]);
  return drawn || wanted;
}
