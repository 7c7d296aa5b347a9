import { useRef, useState } from "preact/hooks";
import { focusField } from "./focus";

/** Milliseconds that a finger rests on a message until it shows its tools. */
const longPress = 450;

/**
 * When a message shows its tools: under the mouse, with the focus in it, and after a long press. The arrow keys go from
 * message to message, so that all of them are one stop of the Tab key.
 */
export function useMessageTools() {
  const [hovered, setHovered] = useState(false);
  const [focused, setFocused] = useState(false);
  const pressing = useRef<number | undefined>(undefined);
  const release = () => clearTimeout(pressing.current);
  return {
    shown: hovered || focused,
    handlers: {
      onPointerEnter: ({ pointerType }: PointerEvent) => setHovered(pointerType === "mouse"),
      onPointerLeave: () => {
        setHovered(false);
        release();
      },
      onFocusIn: () => setFocused(true),
      onFocusOut: (event: FocusEvent) =>
        setFocused((event.currentTarget as Element).contains(event.relatedTarget as Node | null)),
      onPointerDown: ({ pointerType, currentTarget }: PointerEvent) => {
        if (pointerType !== "touch") return;
        pressing.current = window.setTimeout(
          () => (currentTarget as HTMLElement).focus({ preventScroll: true }),
          longPress,
        );
      },
      onPointerUp: release,
      onPointerCancel: release,
      onKeyDown: move,
    },
  };
}

function move(event: KeyboardEvent): void {
  const message = event.currentTarget as HTMLElement;
  if (event.target !== message) {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    message.focus();
    return;
  }
  const messages = [...document.querySelectorAll<HTMLElement>(".log-content .message[tabindex]")];
  const at = messages.indexOf(message);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: messages.length - 1 }[event.key];
  if (event.key === "Escape") focusField();
  if (to === undefined && event.key !== "Escape") return;
  event.preventDefault();
  if (to === messages.length) focusField();
  else if (to !== undefined) messages[to]?.focus();
}
