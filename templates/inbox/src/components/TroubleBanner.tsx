import { t } from "../i18n";
import { trouble } from "../store";
import { CloseIcon, WarningIcon } from "./icons";

/** Why what the reader asked for could not be done. */
export function TroubleBanner() {
  if (trouble.value === null) return null;
  const close = () => {
    trouble.value = null;
  };
  return (
    <div class="banner banner-failed" role="alert">
      <WarningIcon />
      <span dir="auto">{trouble.value}</span>
      <button type="button" class="icon-button icon-button-small" aria-label={t("action.close")} onClick={close}>
        <CloseIcon />
      </button>
    </div>
  );
}
