import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

/** An area is as tall as its text, up to the limit that the style sheet sets. */
export function useGrowth(area: RefObject<HTMLTextAreaElement | null>, text: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [area, text]);
}
