import type { RefObject } from "preact";
import { useEffect, useReducer, useState } from "preact/hooks";
import { type Slash, slashAt } from "../../compose/slash";

/** The word with a slash at whose end the caret is, until the reader has left it. To be drawn with each change of the text. */
export function useSlash(area: RefObject<HTMLTextAreaElement | null>) {
  const [, look] = useReducer((count: number) => count + 1, 0);
  const [left, setLeft] = useState<number | null>(null);
  const field = area.current;
  const slash: Slash | null =
    field && document.activeElement === field ? slashAt(field.value, field.selectionEnd) : null;
  useEffect(() => {
    const onMove = () => look(undefined);
    document.addEventListener("selectionchange", onMove);
    field?.addEventListener("blur", onMove);
    return () => {
      document.removeEventListener("selectionchange", onMove);
      field?.removeEventListener("blur", onMove);
    };
  }, [field]);
  useEffect(() => {
    if (!slash) setLeft(null);
  }, [slash]);
  return { slash: slash && slash.start !== left ? slash : null, leave: () => setLeft(slash?.start ?? null) };
}
