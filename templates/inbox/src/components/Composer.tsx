import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { now } from "../now";
import { replyState } from "../replyWindow";
import { sendText } from "../sending";
import { keep, recall } from "../storage";
import type { Conversation } from "../types";
import { stopTyping, typed } from "../viewing";
import { hasTouchKeyboard } from "./focus";
import { HandoffButton } from "./HandoffButton";
import { ClockIcon, SendIcon } from "./icons";

const maxLength = 4096;
const draftKey = (id: string) => `porthole.draft.${id}`;

export function Composer({ conversation }: { conversation: Conversation }) {
  const state = replyState(conversation, now.value);
  if (!state.open)
    return (
      <div class="composer composer-shut">
        <p id="composer-note" role="note">
          {t(state.reason)}
        </p>
        {state.reason === "composer.running" && <HandoffButton conversation={conversation} reason="composer-note" />}
      </div>
    );
  return (
    <div class="composer">
      {state.minutesLeft !== null && (
        <p class="window">
          <ClockIcon />
          {t("composer.window", { count: state.minutesLeft })}
        </p>
      )}
      <ReplyForm conversation={conversation} />
    </div>
  );
}

function ReplyForm({ conversation: { id, contact } }: { conversation: Conversation }) {
  const [text, setText] = useState(() => recall("sessionStorage", draftKey(id)) ?? "");
  const area = useRef<HTMLTextAreaElement>(null);
  const excess = text.length - maxLength;
  const ready = text.trim() !== "" && excess <= 0;

  useEffect(() => {
    if (!hasTouchKeyboard()) area.current?.focus();
  }, []);
  useEffect(() => keep("sessionStorage", draftKey(id), text || null), [id, text]);
  useEffect(() => stopTyping, []);
  useGrowth(area, text);

  const send = () => {
    if (!ready) return;
    sendText(id, text.trim());
    setText("");
    stopTyping();
    area.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // Enter that ends an input method's composition chooses a word; on a touch keyboard it is the only way to a new line.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || hasTouchKeyboard()) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      class="reply"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={area}
        rows={1}
        // An empty field follows the page, so that its placeholder reads the right way.
        dir={text ? "auto" : undefined}
        value={text}
        placeholder={t("composer.placeholder")}
        aria-label={t("composer.label", { name: contact.name })}
        onInput={(event) => {
          setText(event.currentTarget.value);
          typed(id);
        }}
        onBlur={stopTyping}
        onKeyDown={onKeyDown}
      />
      {excess > 0 && (
        <span class="excess" role="status">
          {t("composer.tooLong", { count: excess })}
        </span>
      )}
      <button type="submit" class="send" disabled={!ready} aria-label={t("composer.send")} title={t("composer.send")}>
        <SendIcon />
      </button>
    </form>
  );
}

/** The area is as tall as its text, up to the limit that the style sheet sets. */
function useGrowth(area: { current: HTMLTextAreaElement | null }, text: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [area, text]);
}
