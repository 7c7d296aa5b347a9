import { t } from "../i18n";
import { CheckIcon } from "./icons";

/** Before the button or row that the customer chose. */
export function Chosen() {
  return (
    <span class="chosen" role="img" aria-label={t("content.reply")} title={t("content.reply")}>
      <CheckIcon />
    </span>
  );
}
