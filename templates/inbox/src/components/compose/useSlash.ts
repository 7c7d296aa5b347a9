import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { type Slash, slashAt } from "../../compose/slash";

/** The word with a slash at whose end the caret is, until the reader has left it. */
export function useSlash(area: RefObject<HTMLTextAreaElement | null>) {
  const [slash, setSlash] = useState<Slash | null>(null);
  const [left, setLeft] = useState<number | null>(null);
  useLayoutEffect(() => {
    const look = () => {
      const field = area.current;
      const found = field && document.activeElement === field ? slashAt(field.value, field.selectionEnd) : null;
      setSlash(found);
      if (!found) setLeft(null);
    };
    look();
    document.addEventListener("selectionchange", look);
    return () => document.removeEventListener("selectionchange", look);
  }, [area]);
  return { slash: slash && slash.start !== left ? slash : null, leave: () => setLeft(slash?.start ?? null) };
}
