import { attempt, changeStatus } from "../actions";
import { t } from "../i18n";
import type { Conversation } from "../types";
import { DoneIcon, UndoIcon } from "./icons";

/** Ends the conversation or opens it again: one button, so that the focus stays on it. Details have it with words. */
export function StatusButton({ conversation }: { conversation: Conversation }) {
  const active = conversation.status === "active";
  const label = t(active ? "conversation.end" : "conversation.reopen");
  return (
    <button
      type="button"
      class="icon-button only-wide"
      aria-label={label}
      title={label}
      onClick={() => void attempt(() => changeStatus(conversation, active ? "ended" : "active"))}
    >
      {active ? <DoneIcon /> : <UndoIcon />}
    </button>
  );
}
