import { useEffect, useRef, useState } from "preact/hooks";

/** Something that a button opens beside it: a press elsewhere or Escape closes it, which then does `onEscape`. */
export function usePopup(onEscape: () => void) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const onPointer = ({ target }: PointerEvent) => !box.current?.contains(target as Node) && setOpen(false);
    document.addEventListener("pointerdown", onPointer);
    return () => document.removeEventListener("pointerdown", onPointer);
  }, [open]);
  const close = () => {
    setOpen(false);
    onEscape();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !open || event.defaultPrevented) return;
    event.preventDefault();
    close();
  };
  return { open, toggle: () => setOpen(!open), close, box, onKeyDown };
}
