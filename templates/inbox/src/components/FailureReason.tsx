import { t } from "../i18n";
import { failureWords } from "../i18n/failures";
import type { MessageError } from "../types";

/** What happened and what to do, in plain words; Meta's own are behind it, for whoever has to look into it. */
export function FailureReason({ error: { code, title, details } }: { error: MessageError }) {
  return (
    <div class="failure-reason">
      <p>{failureWords(code) ?? t("message.failed")}</p>
      <details>
        <summary>{t("failure.details", { code: `${code}` })}</summary>
        <span dir="auto">{details || title}</span>
      </details>
    </div>
  );
}
