import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Conversation } from "../types";

const witnesses = 3;

/**
 * When pushes reorder the list, what a reader who has scrolled down is looking at stays where it is. The first rows in
 * view say by how much the list moved under them; the middle one of their answers leaves out a row that itself went to
 * the top. At the top of the list the newest simply appears.
 */
export function useSteadyRows(box: RefObject<HTMLElement | null>, rows: Conversation[], rowHeight: number): void {
  const before = useRef(rows);
  // To ask the element would lay out the page for every push.
  const top = useRef(0);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const update = () => {
      top.current = element.scrollTop;
    };
    element.addEventListener("scroll", update, { passive: true });
    return () => element.removeEventListener("scroll", update);
  }, [box]);
  useLayoutEffect(() => {
    const element = box.current;
    const was = before.current;
    before.current = rows;
    if (!element || was === rows || top.current < rowHeight) return;
    // It may have been moved since, in the same frame.
    if (element.scrollTop < rowHeight) return;
    const first = Math.floor(element.scrollTop / rowHeight);
    const shifts = was
      .slice(first, first + witnesses)
      .map((row, index) => rows.findIndex((other) => other.id === row.id) - first - index)
      .sort((a, b) => a - b);
    element.scrollTop += (shifts[shifts.length >> 1] ?? 0) * rowHeight;
  }, [box, rows, rowHeight]);
}
