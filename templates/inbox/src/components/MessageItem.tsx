import { useState } from "preact/hooks";
import { summary } from "../content";
import { clock, fullTime } from "../format";
import { t } from "../i18n";
import type { Outgoing } from "../reducer";
import { discardOutgoing, retryOutgoing, sendAgain, unreachable } from "../sending";
import { session } from "../store";
import type { Message } from "../types";
import { RetryIcon } from "./icons";
import { MessageContent } from "./MessageContent";
import { RichText } from "./RichText";
import { Ticks } from "./Ticks";

interface Props {
  message: Message;
  joined: boolean;
  author: string;
  byWamid: ReadonlyMap<string | null, Message>;
}

export function MessageItem({ message, joined, author, byWamid }: Props) {
  const { direction, type, status, timestamp, context, sent_by } = message;
  if (type === "system")
    return (
      <p class="system" dir="auto">
        {summary(message)}
      </p>
    );
  if (type === "reaction")
    return <Reaction message={message} target={byWamid.get(message.reaction?.message_id ?? "")} />;
  return (
    <article id={messageId(message)} class={`message ${direction} ${joined ? "joined" : ""}`}>
      <Author name={author} shown={sent_by !== null && !joined} />
      <div class="bubble">
        {context?.message_id && <Quote message={byWamid.get(context.message_id)} />}
        <MessageContent message={message} />
        <footer class="stamp">
          <time dateTime={timestamp} title={fullTime(timestamp)}>
            {clock(timestamp)}
          </time>
          {direction === "outbound" && <Ticks status={status} />}
        </footer>
      </div>
      {status === "failed" && <Refused message={message} />}
    </article>
  );
}

/** Always heard. Seen once above what one colleague writes: for the rest, the side that a bubble is on tells enough. */
function Author({ name, shown }: { name: string; shown: boolean }) {
  return (
    <span class={shown ? "author" : "visually-hidden"} dir="auto">
      {name}
    </span>
  );
}

/** A reply on its way, or one that did not get through. */
export function OutgoingItem({ outgoing, joined }: { outgoing: Outgoing; joined: boolean }) {
  const { client_id, body, timestamp, failure } = outgoing;
  const user = session.value?.user;
  return (
    <article class={`message outbound ${joined ? "joined" : ""}`}>
      <Author name={user?.name ?? t("message.fromYou")} shown={user != null && !joined} />
      <div class="bubble">
        <div class="text" dir="auto">
          <RichText text={body} />
        </div>
        <footer class="stamp">
          <time dateTime={timestamp}>{clock(timestamp)}</time>
          <Ticks status={failure === null ? "queued" : "failed"} />
        </footer>
      </div>
      {failure !== null && (
        <p class="failure" role="alert">
          <span dir="auto">{failure === unreachable ? t("message.unreachable") : failure}</span>
          <Retry onRetry={() => retryOutgoing(outgoing)} />
          <button type="button" class="link-button" onClick={() => discardOutgoing(client_id)}>
            {t("message.discard")}
          </button>
        </p>
      )}
    </article>
  );
}

/** Meta's reason, and one more attempt: the next failure is the next message's. */
function Refused({ message }: { message: Message }) {
  const [repeated, setRepeated] = useState(false);
  const { error, type } = message;
  const repeat = () => {
    setRepeated(true);
    sendAgain(message);
  };
  return (
    <p class="failure">
      <span dir="auto" title={error ? `${error.code}` : undefined}>
        {error?.details || error?.title || t("message.failed")}
      </span>
      {type === "text" && !repeated && <Retry onRetry={repeat} />}
    </p>
  );
}

function Retry({ onRetry }: { onRetry: () => void }) {
  return (
    <button type="button" class="link-button" onClick={onRetry}>
      <RetryIcon />
      {t("message.retry")}
    </button>
  );
}

const messageId = (message: Message) => `message-${message.id}`;

/** What a message answers; it leads there, if that is loaded. */
function Quote({ message }: { message: Message | undefined }) {
  const show = () => message && document.getElementById(messageId(message))?.scrollIntoView({ block: "center" });
  return (
    <button type="button" class="quote" disabled={!message} onClick={show}>
      {message?.direction === "outbound" && <strong dir="auto">{message.sent_by?.name ?? t("message.fromYou")}</strong>}
      <span dir="auto">{message ? summary(message) : t("message.unavailable")}</span>
    </button>
  );
}

function Reaction({ message, target }: { message: Message; target: Message | undefined }) {
  const emoji = message.reaction?.emoji;
  const quote = target ? summary(target) : "";
  const said = () => {
    if (!emoji) return t("content.reactionRemoved");
    return quote ? t("content.reaction", { emoji, quote: quote.slice(0, 80) }) : t("content.reactionAlone", { emoji });
  };
  return <p class={`reaction ${message.direction}`}>{said()}</p>;
}
