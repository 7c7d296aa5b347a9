import type { RefObject } from "preact";
import { insert } from "../../compose/insert";
import { t } from "../../i18n";
import { focusField } from "../focus";
import { EmojiPicker } from "./EmojiPicker";

interface Props {
  area: RefObject<HTMLTextAreaElement | null>;
  onClose: () => void;
}

/** Emoji for the text, where its caret is; the picker keeps the focus, and stays open for more of them. */
export function EmojiPopup({ area, onClose }: Props) {
  const pick = (emoji: string) => {
    const picker = document.activeElement;
    if (area.current) insert(area.current, emoji);
    if (picker instanceof HTMLElement) picker.focus();
  };
  return (
    <div
      class="emoji-popup"
      role="dialog"
      aria-label={t("emoji.label")}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        onClose();
        focusField();
      }}
    >
      <EmojiPicker onPick={pick} />
    </div>
  );
}
