import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Conversation } from "../types";

/**
 * When pushes reorder the list, what a reader who has scrolled down is looking at stays where it is: the row at the top
 * of the view keeps its place. At the top of the list the newest simply appears.
 */
export function useSteadyRows(box: RefObject<HTMLElement | null>, rows: Conversation[], rowHeight: number): void {
  const before = useRef(rows);
  useLayoutEffect(() => {
    const element = box.current;
    const was = before.current;
    before.current = rows;
    if (!element || was === rows || element.scrollTop < rowHeight) return;
    const index = Math.floor(element.scrollTop / rowHeight);
    const top = was[index];
    const moved = top ? rows.findIndex((row) => row.id === top.id) : -1;
    if (moved >= 0 && moved !== index && Math.abs(moved - index) < was.length / 2)
      element.scrollTop += (moved - index) * rowHeight;
  }, [box, rows, rowHeight]);
}
