import { t } from "../i18n";
import { helpOpen } from "../shortcuts";
import { KeyboardIcon } from "./icons";

export function ShortcutsButton() {
  return (
    <button
      type="button"
      class="icon-button only-keyboard"
      title={t("keys.help")}
      aria-label={t("keys.help")}
      aria-haspopup="dialog"
      onClick={() => {
        helpOpen.value = true;
      }}
    >
      <KeyboardIcon />
    </button>
  );
}
