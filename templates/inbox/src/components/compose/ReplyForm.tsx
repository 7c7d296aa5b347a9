import { useEffect, useRef, useState } from "preact/hooks";
import { attachedTo } from "../../compose/attached";
import { canRecord } from "../../compose/canRecord";
import { draftText, keepDraftText, quote, quoteIn } from "../../compose/drafts";
import { tool } from "../../compose/tool";
import { t } from "../../i18n";
import { lazily } from "../../lazily";
import { send as post } from "../../sending";
import type { Conversation } from "../../types";
import { stopTyping, typed } from "../../viewing";
import { fieldId, focusField, hasTouchKeyboard } from "../focus";
import { MicrophoneIcon, SendIcon } from "../icons";
import { AttachButton } from "./AttachButton";
import { QuoteBar } from "./QuoteBar";
import { useGrowth } from "./useGrowth";

const Tray = lazily(() => import("./Tray").then((module) => module.Tray));
const Recorder = lazily(() => import("./Recorder").then((module) => module.Recorder));

const maxLength = 4096;

export function ReplyForm({ conversation: { id, contact } }: { conversation: Conversation }) {
  const [text, setText] = useState(() => draftText(id));
  // The reader has sent, and some file is still going up.
  const [waiting, setWaiting] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const attachments = attachedTo(id);
  const context = quoteIn(id);
  const phases = attachments.map(({ upload }) => upload.state.value.phase);
  const excess = text.length - maxLength;
  const ready = (text.trim() !== "" || attachments.length > 0) && excess <= 0 && !phases.includes("failed");
  const up = phases.every((phase) => phase === "ready");
  const recording = tool.value === "voice";

  useEffect(() => {
    if (!hasTouchKeyboard()) area.current?.focus();
  }, []);
  useEffect(() => stopTyping, []);
  useGrowth(area, text);

  const write = (words: string) => {
    setText(words);
    keepDraftText(id, words);
  };
  const send = async () => {
    if (!ready) return;
    setWaiting(!up);
    if (!up) return;
    write("");
    quote(id, null);
    stopTyping();
    area.current?.focus();
    if (attachments.length > 0) (await import("../../compose/tray")).sendTray(id, context);
    if (text.trim())
      post(id, { type: "text", text: { body: text.trim() } }, { context: attachments.length > 0 ? null : context });
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: as soon as the last file is up, or one will never be
  useEffect(() => {
    if (waiting) void (ready ? up && send() : setWaiting(false));
  }, [waiting, ready, up]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && context) {
      event.preventDefault();
      quote(id, null);
    }
    // Enter that ends an input method's composition chooses a word; on a touch keyboard it is the only way to a new line.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || hasTouchKeyboard()) return;
    event.preventDefault();
    void send();
  };
  return (
    <>
      {attachments.length > 0 && <Tray conversationId={id} words={text} onWordsTaken={() => write("")} onSend={send} />}
      {context && <QuoteBar context={context} contact={contact.name} onCancel={() => quote(id, null)} />}
      {recording && <Recorder conversationId={id} onClose={closeRecorder} />}
      <form
        class="reply"
        hidden={recording}
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <AttachButton conversationId={id} />
        <textarea
          ref={area}
          id={fieldId}
          rows={1}
          // An empty field follows the page, so that its placeholder reads the right way.
          dir={text ? "auto" : undefined}
          value={text}
          placeholder={t("composer.placeholder")}
          aria-label={t("composer.label", { name: contact.name })}
          onInput={(event) => {
            write(event.currentTarget.value);
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
        {!ready && text.trim() === "" && attachments.length === 0 && canRecord() ? (
          <button type="button" class="tool" aria-label={t("voice.record")} title={t("voice.record")} onClick={record}>
            <MicrophoneIcon />
          </button>
        ) : (
          <SendButton ready={ready} waiting={waiting} />
        )}
      </form>
    </>
  );
}

function SendButton({ ready, waiting }: { ready: boolean; waiting: boolean }) {
  const label = t(waiting ? "composer.sending" : "composer.send");
  return (
    <button type="submit" class="send" disabled={!ready} aria-label={label} title={label}>
      {waiting ? <span class="spinner" /> : <SendIcon />}
    </button>
  );
}

function record(): void {
  tool.value = "voice";
}

function closeRecorder(): void {
  tool.value = null;
  focusField();
}
