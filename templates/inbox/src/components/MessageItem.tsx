import { useErrorBoundary, useMemo } from "preact/hooks";
import { clock, fullTime } from "../format";
import { t } from "../i18n";
import { lazily } from "../lazily";
import type { Outgoing } from "../reducer";
import { isNote } from "../timeline";
import type { Message, Reaction } from "../types";
import { author, senderOf } from "./Author";
import { Refused, Unsent } from "./Failure";
import { BlockIcon, ForwardIcon } from "./icons";
import { MetaReason, messageContent } from "./MessageContent";
import { MessageTools } from "./MessageTools";
import { messageId } from "./messageId";
import { Note } from "./Note";
import { Quote } from "./Quote";
import { Reactions } from "./Reactions";
import { Ticks } from "./Ticks";
import { useMessageTools } from "./useMessageTools";

const ReferralCard = lazily(() => import("./cards").then((module) => module.ReferralCard));

interface Props {
  message: Message;
  joined: boolean;
  /** The name of the person on the other side. */
  contact: string;
  /** The message that this one answers, as the thread has it. */
  quoted: Message | undefined;
  /** Our reaction that the server has not confirmed. */
  reacting: Outgoing | undefined;
  /** Whether a reply may be written now. */
  open: boolean;
  /** The Tab key stops at the last message; the arrow keys go on from there. */
  last: boolean;
}

/** What comes from outside may be of any shape: a message that cannot be drawn leaves the others alone. */
export function MessageItem(props: Props) {
  const [error] = useErrorBoundary();
  const { message, joined, contact, quoted, reacting, open, last } = props;
  // A part is drawn again for one message, and the others in it are not.
  // biome-ignore lint/correctness/useExhaustiveDependencies: these are all of its props
  const item = useMemo(() => <Item {...props} />, [message, joined, contact, quoted, reacting, open, last]);
  return error ? <Undrawable message={message} /> : item;
}

function Undrawable({ message }: { message: Message }) {
  return (
    <article id={messageId(message.id)} class={`message ${message.direction}`} tabIndex={-1}>
      <div class="bubble">
        <p class="placeholder">{t("content.unsupported")}</p>
        {stamp(message)}
      </div>
    </article>
  );
}

/** Many of them stay in the document: what has no state of its own is a function here, and no component to be kept. */
function Item({ message, joined, contact, quoted, reacting, open, last }: Props) {
  const { shown, handlers } = useMessageTools();
  const reactions = useMemo(() => withOurs(message.reactions, reacting), [message.reactions, reacting]);
  const { id, direction, status, sent_by, origin } = message;
  if (isNote(message)) return <Note message={message} />;
  const deleted = message.deleted_at !== null;
  const named = sent_by !== null || origin === "business_app";
  const ours = reactions.find((reaction) => reaction.by === "business")?.emoji;
  return (
    <article
      id={messageId(id)}
      class={`message ${direction} ${joined ? "joined" : ""}`}
      tabIndex={last ? 0 : -1}
      {...handlers}
    >
      {author(direction === "outbound" ? senderOf(message) : contact, named && !joined)}
      <div class="bubble">
        {deleted ? <Deleted /> : content(message, quoted)}
        {stamp(message)}
        {!deleted && shown && <MessageTools message={message} reaction={ours} open={open} />}
      </div>
      {!deleted && reactions.length > 0 && <Reactions reactions={reactions} contact={contact} />}
      {reacting && reacting.failure !== null && <Unsent outgoing={reacting} failure={reacting.failure} />}
      {!deleted && status === "failed" && <Refused message={message} />}
    </article>
  );
}

/** The reactions as they will be, once the server has ours. */
function withOurs(reactions: Reaction[], reacting: Outgoing | undefined): Reaction[] {
  if (!reacting || reacting.failure !== null || reacting.body.type !== "reaction") return reactions;
  const { emoji } = reacting.body.reaction;
  const others = reactions.filter((reaction) => reaction.by !== "business");
  return emoji === "" ? others : [...others, { emoji, by: "business", at: reacting.timestamp }];
}

function content(message: Message, quoted: Message | undefined) {
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
      {context && <Quote context={context} loaded={quoted} />}
      {messageContent(message)}
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

function stamp({ timestamp, edited_at, deleted_at, direction, status }: Message) {
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
