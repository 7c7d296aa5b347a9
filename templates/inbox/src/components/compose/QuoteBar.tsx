import { useEffect } from "preact/hooks";
import { previewOf } from "../../content";
import { t } from "../../i18n";
import type { Context } from "../../types";
import { focusField } from "../focus";
import { CloseIcon } from "../icons";
import { KindIcon } from "../KindIcon";

interface Props {
  context: Context;
  contact: string;
  onCancel: () => void;
}

/** The message that the next one answers, above the field. */
export function QuoteBar({ context: { message, message_id }, contact, onCancel }: Props) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another message is answered
  useEffect(focusField, [message_id]);
  if (!message) return null;
  const by = message.direction === "inbound" ? contact : (message.sent_by?.name ?? t("message.fromYou"));
  return (
    <div class="quote-bar">
      <div class="quote" role="note">
        <strong dir="auto">{by}</strong>
        <span dir="auto">
          <KindIcon type={message.type} deleted={message.deleted} />
          {previewOf(message)}
        </span>
      </div>
      <button
        type="button"
        class="icon-button"
        aria-label={t("composer.quoteCancel")}
        title={t("composer.quoteCancel")}
        onClick={() => {
          onCancel();
          focusField();
        }}
      >
        <CloseIcon />
      </button>
    </div>
  );
}
