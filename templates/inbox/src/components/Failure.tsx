import { useState } from "preact/hooks";
import { attempt } from "../actions";
import { t } from "../i18n";
import { lazily } from "../lazily";
import type { Outgoing } from "../reducer";
import { discardMessage, discardOutgoing, retryMessage, retryOutgoing } from "../sending";
import type { Message } from "../types";
import { focusField } from "./focus";
import { RetryIcon } from "./icons";

const FailureReason = lazily(() => import("./FailureReason").then((module) => module.FailureReason));

/** A message that our server does not have: why, and one more attempt. */
export function Unsent({ outgoing, failure }: { outgoing: Outgoing; failure: string }) {
  return (
    <div class="failure" role="alert">
      <span dir="auto">{failure}</span>
      <Choices onRetry={() => retryOutgoing(outgoing)} onDiscard={() => discardOutgoing(outgoing.client_id)} />
    </div>
  );
}

/** A message that WhatsApp did not deliver. The next attempt is another message, which takes the place of this one. */
export function Refused({ message }: { message: Message }) {
  const [busy, setBusy] = useState(false);
  const run = async (call: () => Promise<void>) => {
    if (busy) return;
    setBusy(true);
    await attempt(call);
    setBusy(false);
  };
  return (
    <div class="failure">
      {message.error ? <FailureReason error={message.error} /> : <span>{t("message.failed")}</span>}
      <Choices
        onRetry={() => void run(() => retryMessage(message))}
        onDiscard={() => void run(() => discardMessage(message.id))}
      />
    </div>
  );
}

/** Either takes the message away, and the focus with it: it goes to the field. */
function Choices({ onRetry, onDiscard }: { onRetry: () => void; onDiscard: () => void }) {
  const and = (act: () => void) => () => {
    act();
    focusField();
  };
  return (
    <>
      <button type="button" class="link-button" onClick={and(onRetry)}>
        <RetryIcon />
        {t("message.retry")}
      </button>
      <button type="button" class="link-button" onClick={and(onDiscard)}>
        {t("message.discard")}
      </button>
    </>
  );
}
