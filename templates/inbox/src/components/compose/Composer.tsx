import { useEffect } from "preact/hooks";
import { attempt, changeStatus } from "../../actions";
import { closeTool, openTool, tool } from "../../compose/tool";
import { t } from "../../i18n";
import { lazily } from "../../lazily";
import { now } from "../../now";
import { replyState, type ShutReason } from "../../replyWindow";
import { endedHere } from "../../store";
import type { Conversation } from "../../types";
import { composerId, keepFocus } from "../focus";
import { HandoffButton } from "../HandoffButton";
import { TemplateIcon, UndoIcon } from "../icons";
import { ReplyForm } from "./ReplyForm";
import { WindowNote } from "./WindowNote";

const tools = {
  contact: lazily(() => import("./ContactDialog").then((module) => module.ContactDialog)),
  interactive: lazily(() => import("./InteractiveDialog").then((module) => module.InteractiveDialog)),
  location: lazily(() => import("./LocationDialog").then((module) => module.LocationDialog)),
  reaction: lazily(() => import("./ReactionDialog").then((module) => module.ReactionDialog)),
  template: lazily(() => import("./TemplateDialog").then((module) => module.TemplateDialog)),
};

const note = "composer-note";

/** Only free text is kept out, and a template is not. */
const isShut = (reason: ShutReason) => reason === "composer.closed" || reason === "composer.unopened";

export function Composer({ conversation }: { conversation: Conversation }) {
  const state = replyState(conversation, now.value);
  const name = tool.value?.name;
  const Dialog =
    name && name !== "voice" && (state.open || (name === "template" && isShut(state.reason))) ? tools[name] : null;
  useExpiry(conversation.window_expires_at);
  useEffect(() => closeTool, []);
  return (
    <div id={composerId} class={state.open ? "composer" : "composer composer-shut"} tabIndex={-1}>
      {state.open ? (
        <>
          <WindowNote minutes={state.minutesLeft} />
          <ReplyForm key={conversation.id} conversation={conversation} />
        </>
      ) : (
        <Shut conversation={conversation} reason={state.reason} />
      )}
      {Dialog && <Dialog key={tool.value?.key} conversation={conversation} onClose={closeTool} />}
    </div>
  );
}

/** Why nothing can be written now, and what can be done about it. */
function Shut({ conversation, reason }: { conversation: Conversation; reason: ShutReason }) {
  const { id } = conversation;
  useEffect(keepFocus, []);
  const undo = reason === "composer.ended" && endedHere.value === id;
  return (
    <>
      <p id={note} role="note">
        {t(undo ? "composer.endedHere" : reason)}
      </p>
      {reason === "composer.running" && <HandoffButton conversation={conversation} reason={note} />}
      {reason === "composer.ended" && (
        <button
          type="button"
          class="button button-icon"
          aria-describedby={note}
          onClick={() => void attempt(() => changeStatus(conversation, "active"))}
        >
          <UndoIcon />
          {t(undo ? "action.undo" : "conversation.reopen")}
        </button>
      )}
      {isShut(reason) && (
        <button
          type="button"
          class="button button-icon button-main"
          aria-describedby={note}
          onClick={() => openTool("template")}
        >
          <TemplateIcon />
          {t("template.send")}
        </button>
      )}
    </>
  );
}

/** The window closes on the second, and not when the clock of the page next steps. */
function useExpiry(expires: string | null): void {
  useEffect(() => {
    const left = expires === null ? 0 : Date.parse(expires) - Date.now();
    if (left <= 0) return;
    const timer = setTimeout(() => {
      now.value = new Date();
    }, left);
    return () => clearTimeout(timer);
  }, [expires]);
}
