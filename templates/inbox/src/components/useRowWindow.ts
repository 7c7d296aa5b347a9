import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

const spare = 6;

/** Which of many rows of one height are near the part on screen: only those are in the document. */
export function useRowWindow(box: RefObject<HTMLElement | null>, rowHeight: number): { from: number; to: number } {
  const [range, setRange] = useState({ from: 0, to: 12 });
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const update = () => {
      const from = Math.max(0, Math.floor(element.scrollTop / rowHeight) - spare);
      const to = Math.ceil((element.scrollTop + element.clientHeight) / rowHeight) + spare;
      setRange((range) => (range.from === from && range.to === to ? range : { from, to }));
    };
    const observer = new ResizeObserver(update);
    observer.observe(element);
    element.addEventListener("scroll", update, { passive: true });
    update();
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", update);
    };
  }, [box, rowHeight]);
  return range;
}
