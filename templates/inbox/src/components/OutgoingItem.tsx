import { clock } from "../format";
import { t } from "../i18n";
import type { Outgoing } from "../reducer";
import { asMessage } from "../reply";
import { session } from "../store";
import type { Message } from "../types";
import { author } from "./Author";
import { Unsent } from "./Failure";
import { messageContent } from "./MessageContent";
import { Quote } from "./Quote";
import { Ticks } from "./Ticks";

interface Props {
  outgoing: Outgoing;
  joined: boolean;
  quoted: Message | undefined;
}

/** A message on its way, or one that did not get through. */
export function OutgoingItem({ outgoing, joined, quoted }: Props) {
  const { timestamp, failure, context } = outgoing;
  const user = session.value?.user;
  return (
    <article class={`message outbound ${joined ? "joined" : ""}`}>
      {author(user?.name ?? t("message.fromYou"), user != null && !joined)}
      <div class="bubble">
        {context && <Quote context={context} loaded={quoted} />}
        {messageContent(asMessage(outgoing))}
        <footer class="stamp">
          <time dateTime={timestamp}>{clock(timestamp)}</time>
          <Ticks status={failure === null ? "queued" : "failed"} />
        </footer>
      </div>
      {failure !== null && <Unsent outgoing={outgoing} failure={failure} />}
    </article>
  );
}
