import type { RefObject } from "preact";
import { t } from "../../i18n";
import { lazily } from "../../lazily";
import { focusField } from "../focus";
import { SmileIcon } from "../icons";
import { usePopup } from "./usePopup";

const EmojiPopup = lazily(() => import("./EmojiPopup").then((module) => module.EmojiPopup));

/** Opens the emoji. */
export function EmojiButton({ area }: { area: RefObject<HTMLTextAreaElement | null> }) {
  const { open, toggle, box, onKeyDown } = usePopup(focusField);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes the picker from wherever the focus is in it
    <div class="attach" ref={box} onKeyDown={onKeyDown}>
      <button
        type="button"
        class="tool"
        aria-label={t("emoji.label")}
        title={t("emoji.label")}
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={toggle}
      >
        <SmileIcon />
      </button>
      {open && <EmojiPopup area={area} />}
    </div>
  );
}
