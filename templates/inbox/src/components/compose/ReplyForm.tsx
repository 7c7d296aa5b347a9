import { useEffect, useRef, useState } from "preact/hooks";
import { attachedTo } from "../../compose/attached";
import { canRecord } from "../../compose/canRecord";
import { draftText, keepDraftText, quote, quoteIn } from "../../compose/drafts";
import { closeTool, openTool, tool } from "../../compose/tool";
import { t } from "../../i18n";
import { lazily } from "../../lazily";
import { send as post } from "../../sending";
import type { Conversation } from "../../types";
import { stopTyping, typed } from "../../viewing";
import { fieldId, focusField, focusLastMessage, hasTouchKeyboard } from "../focus";
import { ClipIcon, MicrophoneIcon, SendIcon, SmileIcon } from "../icons";
import { PopupButton } from "./PopupButton";
import { QuoteBar } from "./QuoteBar";
import { useGrowth } from "./useGrowth";

const AttachMenu = lazily(() => import("./AttachMenu").then((module) => module.AttachMenu));
const EmojiPopup = lazily(() => import("./EmojiPopup").then((module) => module.EmojiPopup));
const Tray = lazily(() => import("./Tray").then((module) => module.Tray));
const Recorder = lazily(() => import("./Recorder").then((module) => module.Recorder));
const CannedReplies = lazily(() => import("./CannedReplies").then((module) => module.CannedReplies));

const maxLength = 4096;

/** WhatsApp's marks by the keys that make a text bold, italic and struck through elsewhere. */
const marks: Readonly<Record<string, string>> = { b: "*", i: "_", X: "~" };

export function ReplyForm({ conversation: { id, contact } }: { conversation: Conversation }) {
  // The reader has sent, and some file is still going up.
  const [waiting, setWaiting] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const listKeys = useRef<((event: KeyboardEvent) => boolean) | null>(null);
  const text = draftText(id);
  const attachments = attachedTo(id);
  const context = quoteIn(id);
  const phases = attachments.map(({ upload }) => upload.state.value.phase);
  const excess = text.length - maxLength;
  const ready = (text.trim() !== "" || attachments.length > 0) && excess <= 0 && !phases.includes("failed");
  const up = phases.every((phase) => phase === "ready");
  const recording = tool.value?.name === "voice";

  useEffect(() => {
    if (!hasTouchKeyboard()) area.current?.focus();
  }, []);
  useEffect(() => stopTyping, []);
  useGrowth(area, text);

  const write = (words: string) => keepDraftText(id, words);
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
    const { key, shiftKey, altKey, currentTarget } = event;
    const field = currentTarget as HTMLTextAreaElement;
    // Enter that ends an input method's composition chooses a word.
    if (event.isComposing) return;
    const command = event.ctrlKey || event.metaKey;
    const sign = command && !altKey && marks[shiftKey ? key.toUpperCase() : key];
    if (listKeys.current?.(event)) event.preventDefault();
    else if (sign) {
      event.preventDefault();
      void import("../../compose/insert").then(({ mark }) => mark(field, sign));
    } else if (key === "Escape" && context) {
      event.preventDefault();
      quote(id, null);
    } else if (key === "ArrowUp" && text === "" && !command && !altKey && !shiftKey && focusLastMessage()) {
      event.preventDefault();
    } else if (key === "Enter" && !shiftKey && !hasTouchKeyboard()) {
      // On a touch keyboard it is the only way to a new line.
      event.preventDefault();
      void send();
    }
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
        {/(^|\s)\//.test(text) && <CannedReplies text={text} contact={contact} area={area} keys={listKeys} />}
        <PopupButton label={t("attach.label")} icon={<ClipIcon />} popup="menu">
          {(close) => <AttachMenu conversationId={id} onClose={close} />}
        </PopupButton>
        <PopupButton label={t("emoji.label")} icon={<SmileIcon />} popup="dialog">
          {(close) => <EmojiPopup area={area} onClose={close} />}
        </PopupButton>
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
          <button
            type="button"
            class="tool"
            aria-label={t("voice.record")}
            title={t("voice.record")}
            onClick={() => openTool("voice")}
          >
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

function closeRecorder(): void {
  closeTool();
  focusField();
}
