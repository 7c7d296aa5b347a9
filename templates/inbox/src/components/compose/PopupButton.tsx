import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

interface Props {
  label: string;
  icon: ComponentChildren;
  popup: "dialog" | "menu";
  children: (close: () => void) => ComponentChildren;
}

/** A button that opens something above it, which a press elsewhere or Escape closes again. */
export function PopupButton({ label, icon, popup, children }: Props) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return;
    const onPointer = ({ target }: PointerEvent) => !box.current?.contains(target as Node) && setOpen(false);
    document.addEventListener("pointerdown", onPointer);
    return () => document.removeEventListener("pointerdown", onPointer);
  }, [open]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !open || event.defaultPrevented) return;
    event.preventDefault();
    close();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes it from wherever the focus is in it
    <div class="attach" ref={box} onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        class="tool"
        aria-label={label}
        title={label}
        aria-haspopup={popup}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {icon}
      </button>
      {open && children(close)}
    </div>
  );
}
