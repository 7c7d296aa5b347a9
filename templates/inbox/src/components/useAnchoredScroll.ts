import type { RefObject } from "preact";
import { useCallback, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Place, places } from "../places";
import { useNearDays } from "./useNearDays";

const slack = 48;

interface Anchor {
  element: Element;
  /** Pixels below the top of the view. */
  top: number;
}

interface Log {
  box: RefObject<HTMLElement | null>;
  content: RefObject<HTMLElement | null>;
  conversationId: string;
  /** There is more below the last message, which is not loaded: its end is no place to stay at. */
  gap: boolean;
  /** The id of the element that the log opens at, where the reader has not been here before. */
  from: string | null;
}

/**
 * Keeps the reader's place in a log that grows at both ends: at the bottom it follows the newest, anywhere else the
 * element at the top of the view stays where it is, whatever is added above or below it, or changes its height. (Not
 * every browser anchors scrolling by itself, so that its own anchoring is off in the style sheet.)
 */
export function useAnchoredScroll({ box, content, conversationId, gap, from }: Log) {
  const [atEnd, setAtEnd] = useState(true);
  const following = useRef(true);
  const anchor = useRef<Anchor | null>(null);
  /** How it was left the last time: found so again, or in a view of another height, nobody has scrolled since. */
  const left = useRef({ top: Number.NaN, height: 0 });
  const open = useRef(gap);
  open.current = gap;
  const markDays = useNearDays();

  const restore = useCallback(() => {
    const element = box.current;
    if (!element) return;
    if (following.current) {
      element.scrollTop = element.scrollHeight;
    } else if (anchor.current?.element.isConnected) {
      const moved = top(anchor.current.element) - top(element) - anchor.current.top;
      if (Math.abs(moved) >= 1) element.scrollTop += moved;
    }
    left.current = { top: element.scrollTop, height: element.clientHeight };
  }, [box]);

  const remember = useCallback(() => {
    const element = box.current;
    if (!element) return;
    // What was drawn meanwhile has another height, and the observer tells of that only after this event: the place is
    // taken up again before it is looked at, or whoever was at the end would not be there any more.
    if (element.scrollTop === left.current.top || element.clientHeight !== left.current.height) restore();
    following.current = !open.current && element.scrollHeight - element.scrollTop - element.clientHeight < slack;
    setAtEnd(following.current);
    const first = content.current && firstInView(content.current, top(element));
    anchor.current = first && { element: first, top: top(first) - top(element) };
    markDays(first?.closest(".day"));
    left.current = { top: element.scrollTop, height: element.clientHeight };
  }, [box, content, restore, markDays]);

  const toEnd = useCallback(() => {
    following.current = true;
    restore();
    setAtEnd(true);
  }, [restore]);

  const hold = useCallback(
    (element: Element, top: number) => {
      following.current = false;
      anchor.current = { element, top };
      restore();
    },
    [restore],
  );

  const toElement = useCallback(
    (element: Element) => {
      const [height, own] = [box.current?.clientHeight ?? 0, element.getBoundingClientRect().height];
      hold(element, Math.max(slack, (height - own) / 2));
    },
    [box, hold],
  );

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const place = places.get(conversationId);
    const [before, start] = [elementOf(place?.element), elementOf(from)];
    element.scrollTop = element.scrollHeight;
    // The first unread message, unless it is in view at the end anyway.
    if (place && before) hold(before, place.top);
    else if (start && top(start) < top(element)) hold(start, slack);
    remember();
    const observer = new ResizeObserver(restore);
    observer.observe(element);
    if (content.current) observer.observe(content.current);
    element.addEventListener("scroll", remember, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", remember);
      leave(conversationId, following.current ? null : anchor.current);
    };
  }, [box, content, conversationId, from, hold, remember, restore]);

  // After every change of what is shown: the order of hooks puts this after the first placement.
  useLayoutEffect(restore);

  return { atEnd, toEnd, toElement };
}

const top = (element: Element) => element.getBoundingClientRect().top;

const elementOf = (id: string | null | undefined) => (id ? document.getElementById(id) : null);

function leave(conversationId: string, anchor: Anchor | null): void {
  if (anchor?.element.id) places.set(conversationId, { element: anchor.element.id, top: anchor.top } satisfies Place);
  else places.delete(conversationId);
}

/** The first message that is not above the view. Children are in order: half of the rest is left out at each step. */
function firstInView(parent: Element, from: number): Element | null {
  const children = parent.children;
  let low = 0;
  let high = children.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((children[middle] as Element).getBoundingClientRect().bottom > from) high = middle;
    else low = middle + 1;
  }
  // A divider belongs to what comes after it: older messages of the same day go in between.
  while (children[low]?.matches(".divider, .day-name")) low += 1;
  // A part may end with a divider, and the next one is not drawn yet.
  const child = children[low] ?? children[children.length - 1];
  if (!child) return null;
  return child.matches(".day, .part, .album") ? firstInView(child, from) : child;
}
