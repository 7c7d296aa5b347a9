import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { inHeldPlaces } from "../heldRows";
import type { Conversation } from "../types";

/** Milliseconds after which a pointer that does not move is not about to press anything. */
const rest = 1_000;

/** While a mouse moves among the rows they keep their places, so that no push puts another one under it. */
export function useHeldRows(box: RefObject<HTMLElement | null>, rows: Conversation[]): Conversation[] {
  const [held, setHeld] = useState<Conversation[] | null>(null);
  const shown = held === null || held === rows ? rows : inHeldPlaces(rows, held);
  const latest = useRef(shown);
  latest.current = shown;
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let timer: number | undefined;
    const release = () => {
      clearTimeout(timer);
      setHeld(null);
    };
    const hold = ({ pointerType }: PointerEvent) => {
      if (pointerType !== "mouse") return;
      clearTimeout(timer);
      timer = window.setTimeout(release, rest);
      setHeld((rows) => rows ?? latest.current);
    };
    element.addEventListener("pointermove", hold);
    element.addEventListener("pointerleave", release);
    return () => {
      clearTimeout(timer);
      element.removeEventListener("pointermove", hold);
      element.removeEventListener("pointerleave", release);
    };
  }, [box]);
  return shown;
}
