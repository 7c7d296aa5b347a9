import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { quote } from "../compose/drafts";
import { openTool } from "../compose/tool";
import { summary } from "../content";
import { wordsOf } from "../copy";
import { t } from "../i18n";
import { send } from "../sending";
import { openId } from "../store";
import type { Message } from "../types";
import { CheckIcon, CopyIcon, PlusIcon, ReplyIcon, SmileIcon } from "./icons";

interface Props {
  message: Message;
  /** Our reaction, as it is shown. */
  reaction: string | undefined;
  /** Whether a reply may be written now. */
  open: boolean;
}

const emojis = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

/** What can be done with a message, above its corner. */
export function MessageTools({ message, reaction, open }: Props) {
  const [picking, setPicking] = useState(false);
  const answerable = open && message.wamid !== null && message.status !== "failed";
  const words = navigator.clipboard ? wordsOf(message) : "";
  if (!answerable && words === "") return null;
  return (
    <div class="tools" role="toolbar" aria-label={t("tools.label")}>
      {picking ? (
        <Emojis message={message} reaction={reaction} onDone={() => setPicking(false)} />
      ) : (
        <>
          {answerable && (
            <>
              <Tool label={t("tools.reply")} onClick={() => answer(message)}>
                <ReplyIcon />
              </Tool>
              <Tool label={t("tools.react")} onClick={() => setPicking(true)}>
                <SmileIcon />
              </Tool>
            </>
          )}
          {words && <Copy words={words} />}
        </>
      )}
    </div>
  );
}

function Tool({ label, onClick, children }: { label: string; onClick: () => void; children: ComponentChildren }) {
  return (
    <button type="button" class="icon-button icon-button-small" aria-label={label} title={label} onClick={onClick}>
      {children}
    </button>
  );
}

function answer(message: Message): void {
  const { id, wamid, direction, type, sent_by } = message;
  if (openId.value === null || wamid === null) return;
  const quoted = { id, direction, type, sent_by, preview: summary(message), deleted: false };
  quote(openId.value, { message_id: wamid, message: quoted });
}

/** Each user has one reaction to a message: another takes its place, the same again takes it back. */
function Emojis({
  message: { wamid },
  reaction,
  onDone,
}: {
  message: Message;
  reaction: string | undefined;
  onDone: () => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.querySelector("button")?.focus(), []);
  const leave = () => {
    box.current?.closest<HTMLElement>(".message")?.focus();
    onDone();
  };
  const react = (emoji: string) => {
    leave();
    if (openId.value !== null && wamid !== null)
      send(openId.value, { type: "reaction", reaction: { message_id: wamid, emoji: emoji === reaction ? "" : emoji } });
  };
  const more = () => {
    leave();
    openTool("reaction", wamid);
  };
  const shown = reaction && !emojis.includes(reaction) ? [...emojis, reaction] : emojis;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape leaves the emoji from wherever the focus is among them
    <div
      class="emojis"
      ref={box}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        leave();
      }}
    >
      {shown.map((emoji) => (
        <button
          key={emoji}
          type="button"
          class="emoji"
          aria-pressed={emoji === reaction}
          aria-label={t(emoji === reaction ? "tools.unreactWith" : "tools.reactWith", { emoji })}
          title={emoji === reaction ? t("tools.unreactWith", { emoji }) : undefined}
          onClick={() => react(emoji)}
        >
          {emoji}
        </button>
      ))}
      <button type="button" class="emoji" aria-label={t("tools.reactMore")} title={t("tools.reactMore")} onClick={more}>
        <PlusIcon />
      </button>
    </div>
  );
}

function Copy({ words }: { words: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () =>
    navigator.clipboard.writeText(words).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <Tool label={t(copied ? "action.copied" : "tools.copy")} onClick={() => void copy()}>
      {copied ? <CheckIcon /> : <CopyIcon />}
    </Tool>
  );
}
