import { useState } from "preact/hooks";
import { t } from "../i18n";
import { CheckIcon, CopyIcon } from "./icons";

/** A frame may not be allowed to write to the clipboard; the number can then still be selected by hand. */
export function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  if (!navigator.clipboard) return null;
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <button
      type="button"
      class="icon-button icon-button-small"
      aria-label={t(copied ? "action.copied" : "tools.copy")}
      onClick={copy}
    >
      {copied ? <CheckIcon /> : <CopyIcon />}
    </button>
  );
}
