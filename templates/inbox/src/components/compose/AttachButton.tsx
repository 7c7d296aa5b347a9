import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { lazily } from "../../lazily";
import { ClipIcon } from "../icons";

const AttachMenu = lazily(() => import("./AttachMenu").then((module) => module.AttachMenu));

export function AttachButton({ conversationId }: { conversationId: string }) {
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
    if (event.key !== "Escape" || !open) return;
    event.preventDefault();
    close();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes the menu from wherever the focus is in it
    <div class="attach" ref={box} onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        class="tool"
        aria-label={t("attach.label")}
        title={t("attach.label")}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <ClipIcon />
      </button>
      {open && <AttachMenu conversationId={conversationId} onClose={close} />}
    </div>
  );
}
