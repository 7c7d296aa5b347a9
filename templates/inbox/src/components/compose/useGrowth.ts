import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

/** Where the style sheet does it (`field-sizing`), nothing is measured, and the log beside it not laid out, for a key. */
const byItself = CSS.supports("field-sizing", "content");

/** An area is as tall as its text, up to the limit that the style sheet sets. */
export function useGrowth(area: RefObject<HTMLTextAreaElement | null>, text: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const element = area.current;
    if (!element || byItself) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [area, text]);
}
