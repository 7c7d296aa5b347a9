import { attempt, changeStatus } from "../actions";
import { t } from "../i18n";
import type { Conversation } from "../types";
import { DoneIcon, UndoIcon } from "./icons";

/**
 * Ends the conversation or opens it again: one button, so that the focus stays on it. Without words it is for where there
 * is room beside who is there; a narrow frame has it in the details.
 */
export function StatusButton({ conversation, words }: { conversation: Conversation; words?: boolean }) {
  const active = conversation.status === "active";
  const label = t(active ? "conversation.end" : "conversation.reopen");
  return (
    <button
      type="button"
      class={words ? "button button-icon" : "icon-button only-wide"}
      aria-label={words ? undefined : label}
      title={words ? undefined : label}
      onClick={() => void attempt(() => changeStatus(conversation, active ? "ended" : "active"))}
    >
      {active ? <DoneIcon /> : <UndoIcon />}
      {words && label}
    </button>
  );
}
