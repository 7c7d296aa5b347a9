import { useRef } from "preact/hooks";
import { t } from "../../i18n";
import { lazily } from "../../lazily";
import { ClipIcon } from "../icons";
import { usePopup } from "./usePopup";

const AttachMenu = lazily(() => import("./AttachMenu").then((module) => module.AttachMenu));

export function AttachButton({ conversationId }: { conversationId: string }) {
  const button = useRef<HTMLButtonElement>(null);
  const { open, toggle, close, box, onKeyDown } = usePopup(() => button.current?.focus());
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
        onClick={toggle}
      >
        <ClipIcon />
      </button>
      {open && <AttachMenu conversationId={conversationId} onClose={close} />}
    </div>
  );
}
