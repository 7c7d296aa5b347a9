import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { quote } from "../compose/drafts";
import { summary } from "../content";
import { wordsOf } from "../copy";
import { t } from "../i18n";
import { lazily } from "../lazily";
import { openId } from "../store";
import type { Message } from "../types";
import { CheckIcon, CopyIcon, ReplyIcon, SmileIcon } from "./icons";

interface Props {
  message: Message;
  /** Our reaction, as it is shown. */
  reaction: string | undefined;
  /** Whether a reply may be written now. */
  open: boolean;
}

const ReactionBar = lazily(() => import("./ReactionBar").then((module) => module.ReactionBar));

/** What can be done with a message, above its corner. */
export function MessageTools({ message, reaction, open }: Props) {
  const [picking, setPicking] = useState(false);
  const answerable = open && message.wamid !== null && message.status !== "failed";
  const words = navigator.clipboard ? wordsOf(message) : "";
  if (!answerable && words === "") return null;
  const react = ({ currentTarget }: MouseEvent) => {
    // The button goes, and the focus must not go with it.
    (currentTarget as Element).closest<HTMLElement>(".message")?.focus();
    setPicking(true);
  };
  return (
    <div class="tools" role="toolbar" aria-label={t("tools.label")}>
      {picking ? (
        <ReactionBar wamid={message.wamid} reaction={reaction} onDone={() => setPicking(false)} />
      ) : (
        <>
          {answerable && (
            <>
              <Tool label={t("tools.reply")} onClick={() => answer(message)}>
                <ReplyIcon />
              </Tool>
              <Tool label={t("tools.react")} onClick={react}>
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

interface ToolProps {
  label: string;
  onClick: (event: MouseEvent) => void;
  children: ComponentChildren;
}

function Tool({ label, onClick, children }: ToolProps) {
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
