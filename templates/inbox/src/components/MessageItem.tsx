import { useState } from "preact/hooks";
import { clock, fullTime } from "../format";
import { t } from "../i18n";
import type { Outgoing } from "../reducer";
import { discardOutgoing, retryOutgoing, sendAgain, unreachable } from "../sending";
import { session } from "../store";
import { isNote } from "../timeline";
import type { Message } from "../types";
import { BlockIcon, ForwardIcon, RetryIcon } from "./icons";
import { MessageContent, MetaReason } from "./MessageContent";
import { messageId } from "./messageId";
import { Note } from "./Note";
import { Quote } from "./Quote";
import { Reactions } from "./Reactions";
import { ReferralCard } from "./ReferralCard";
import { RichText } from "./RichText";
import { Ticks } from "./Ticks";

interface Props {
  message: Message;
  joined: boolean;
  /** The name of the person on the other side. */
  contact: string;
  loaded: ReadonlyMap<string, Message>;
}

export function MessageItem({ message, joined, contact, loaded }: Props) {
  const { id, direction, status, sent_by, origin, reactions } = message;
  if (isNote(message)) return <Note message={message} />;
  const deleted = message.deleted_at !== null;
  const named = sent_by !== null || origin === "business_app";
  return (
    <article id={messageId(id)} class={`message ${direction} ${joined ? "joined" : ""}`}>
      <Author name={direction === "outbound" ? senderOf(message) : contact} shown={named && !joined} />
      <div class="bubble">
        {deleted ? <Deleted /> : <Content message={message} loaded={loaded} />}
        <Stamp message={message} />
      </div>
      {!deleted && <Reactions reactions={reactions} contact={contact} />}
      {!deleted && status === "failed" && <Refused message={message} />}
    </article>
  );
}

function senderOf({ sent_by, origin }: Message): string {
  return sent_by?.name ?? t(origin === "business_app" ? "message.fromApp" : "message.fromYou");
}

function Content({ message, loaded }: Pick<Props, "message" | "loaded">) {
  const { context, referral, forwarded, error, status } = message;
  return (
    <>
      {forwarded && (
        <small class="label">
          <ForwardIcon />
          {t(forwarded === "frequently" ? "message.forwardedOften" : "message.forwarded")}
        </small>
      )}
      {referral && <ReferralCard referral={referral} />}
      {context && <Quote context={context} loaded={loaded.get(context.message?.id ?? "")} />}
      <MessageContent message={message} />
      {error && status !== "failed" && <MetaReason error={error} />}
    </>
  );
}

function Deleted() {
  return (
    <p class="placeholder deleted">
      <BlockIcon />
      {t("content.deleted")}
    </p>
  );
}

function Stamp({ message: { timestamp, edited_at, deleted_at, direction, status } }: { message: Message }) {
  return (
    <footer class="stamp">
      {edited_at && deleted_at === null && (
        <time dateTime={edited_at} title={fullTime(edited_at)}>
          {t("message.edited")}
        </time>
      )}
      <time dateTime={timestamp} title={fullTime(timestamp)}>
        {clock(timestamp)}
      </time>
      {direction === "outbound" && <Ticks status={status} />}
    </footer>
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
