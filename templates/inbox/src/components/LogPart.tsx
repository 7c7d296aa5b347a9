import type { RefObject } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { withAlbums } from "../albums";
import { type Day, holds, type Loaded, type Part, quotedBy } from "../days";
import { dayDate, dayName } from "../format";
import { t } from "../i18n";
import { now } from "../now";
import type { Outgoing } from "../reducer";
import type { TimelineItem } from "../timeline";
import { Album } from "./Album";
import { MessageItem } from "./MessageItem";
import { OutgoingItem } from "./OutgoingItem";

/** The element at which unread messages begin. */
export const unreadLine = "unread-line";

interface Shared {
  /** The parts that are drawn when they come near the view. */
  late: ReadonlySet<string>;
  box: RefObject<HTMLElement | null>;
  contact: string;
  loaded: Loaded;
  /** Our reactions that the server has not confirmed, by the wamid. */
  reacting: ReadonlyMap<string, Outgoing>;
  unreadCount: number;
  open: boolean;
}

interface Here {
  /** The message that is to be shown, if it is one of these. */
  wanted: string | null;
  /** The message that the Tab key stops at, if it is one of these. */
  last: string | null;
}

/** Pixels that a message is taken for until it is drawn. */
const guess = 56;
const reach = 1_500;

const size = (day: Day) => day.parts.reduce((sum, part) => sum + part.items.length, 0);

/** It is drawn again only when something of its own has changed, however much else the thread has. */
export function LogDay({ day, today, ...props }: Shared & Here & { day: Day; today: string }) {
  const { late, box, contact, reacting, unreadCount, open, wanted, last } = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a part knows what of the loaded messages is its own affair
  return useMemo(
    () => (
      <div class="day" style={{ containIntrinsicBlockSize: `auto ${guess * (1 + size(day))}px` }}>
        {day.timestamp && <h3 class="day-name">{dayName(day.timestamp, now.peek())}</h3>}
        {day.parts.map((part) => (
          <LogPart key={part.key} part={part} {...props} />
        ))}
      </div>
    ),
    [day, today, late, box, contact, reacting, unreadCount, open, wanted, last],
  );
}

function LogPart({
  part,
  late,
  wanted,
  box,
  contact,
  loaded,
  reacting,
  unreadCount,
  open,
  last,
}: Shared & Here & { part: Part }) {
  const element = useRef<HTMLDivElement>(null);
  const tabbed = last !== null && holds(part, last) ? last : null;
  const drawn = useDrawn(element, box, late.has(part.key) && tabbed === null, wanted !== null && holds(part, wanted));
  const height = part.items.length * guess;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a part knows what of the loaded messages is its own affair
  const children = useMemo(() => {
    const draw = (item: TimelineItem) => {
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
              quoted={quotedBy(item, loaded)}
              reacting={reacting.get(item.message.wamid ?? "")}
              open={open}
              last={item.message.id === tabbed}
            />
          );
        case "outgoing":
          return (
            <OutgoingItem
              key={item.key}
              outgoing={item.outgoing}
              joined={item.joined}
              quoted={quotedBy(item, loaded)}
            />
          );
        default:
          return null;
      }
    };
    return withAlbums(part.items).map((item) =>
      item.kind === "album" ? (
        <Album key={item.key} direction={item.direction} joined={item.joined}>
          {item.items.map(draw)}
        </Album>
      ) : (
        draw(item)
      ),
    );
  }, [part, contact, reacting, unreadCount, open, tabbed]);
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
