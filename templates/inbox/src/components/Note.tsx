import { summary } from "../content";
import { clock, fullTime } from "../format";
import type { Message } from "../types";
import { PhoneIcon } from "./icons";
import { messageId } from "./messageId";

/** What happened, in the middle of the thread: a call, a new number, the opening of the chat. */
export function Note({ message }: { message: Message }) {
  const { type, timestamp } = message;
  return (
    <p class="note" id={messageId(message.id)} tabIndex={-1}>
      {type === "call" && <PhoneIcon />}
      <bdi>{summary(message)}</bdi>
      <time dateTime={timestamp} title={fullTime(timestamp)}>
        {clock(timestamp)}
      </time>
    </p>
  );
}
