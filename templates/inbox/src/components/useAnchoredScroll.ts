import type { RefObject } from "preact";
import { useCallback, useLayoutEffect, useRef, useState } from "preact/hooks";

const slack = 48;

interface Anchor {
  element: HTMLElement;
  top: number;
}

/**
 * Keeps the reader's place in a log that grows at both ends: at the bottom it follows the newest, anywhere else the
 * element at the top of the view stays where it is, whatever is added above or below it. (Not every browser anchors
 * scrolling by itself, so that its own anchoring is off in the style sheet.)
 */
export function useAnchoredScroll(
  box: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
  from: string | null,
) {
  const [atEnd, setAtEnd] = useState(true);
  const following = useRef(true);
  const anchor = useRef<Anchor | null>(null);

  const remember = useCallback(() => {
    const element = box.current;
    if (!element) return;
    following.current = element.scrollHeight - element.scrollTop - element.clientHeight < slack;
    setAtEnd(following.current);
    const first = firstInView(content.current, element.scrollTop);
    anchor.current = first && { element: first, top: first.offsetTop - element.scrollTop };
  }, [box, content]);

  const restore = useCallback(() => {
    const element = box.current;
    if (!element) return;
    if (following.current) element.scrollTop = element.scrollHeight;
    else if (anchor.current?.element.isConnected)
      element.scrollTop = anchor.current.element.offsetTop - anchor.current.top;
  }, [box]);

  const toEnd = useCallback(() => {
    following.current = true;
    restore();
    remember();
  }, [restore, remember]);

  useLayoutEffect(() => {
    const start = from ? document.getElementById(from) : null;
    const element = box.current;
    if (!element) return;
    element.scrollTop = element.scrollHeight;
    // The first unread message, unless it is in view at the end anyway.
    if (start && start.offsetTop < element.scrollTop) element.scrollTop = start.offsetTop - slack;
    remember();
    const observer = new ResizeObserver(restore);
    observer.observe(element);
    if (content.current) observer.observe(content.current);
    element.addEventListener("scroll", remember, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", remember);
    };
  }, [box, content, from, remember, restore]);

  // After every change of what is shown: the order of hooks puts this after the first placement.
  useLayoutEffect(restore);

  return { atEnd, toEnd };
}

/** The children are in order, so that half of the rest is left out at each step. */
function firstInView(content: HTMLElement | null, scrollTop: number): HTMLElement | null {
  const children = content?.children ?? [];
  let low = 0;
  let high = children.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const child = children[middle] as HTMLElement;
    if (child.offsetTop + child.offsetHeight > scrollTop) high = middle;
    else low = middle + 1;
  }
  // A divider belongs to what comes after it: older messages of the same day go in between.
  while (children[low]?.classList.contains("divider")) low += 1;
  return (children[low] as HTMLElement | undefined) ?? null;
}
