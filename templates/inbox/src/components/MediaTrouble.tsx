import { useState } from "preact/hooks";
import { t } from "../i18n";
import { retryMedia } from "../mediaFile";
import type { Message } from "../types";
import { RetryIcon, WarningIcon } from "./icons";

/** The file is not here, and will not come by itself. */
export function MediaTrouble({ message, title }: { message: Message; title: string }) {
  const [busy, setBusy] = useState(false);
  const retry = async () => {
    if (busy) return;
    setBusy(true);
    await retryMedia(message).catch(() => undefined);
    setBusy(false);
  };
  return (
    <div class="card media-trouble">
      <span class="card-icon">
        <WarningIcon />
      </span>
      <span class="card-body">
        <bdi class="card-title">{title}</bdi>
        <small>{t(message.media?.state === "gone" ? "media.gone" : "media.failed")}</small>
        <button type="button" class="link-button" aria-disabled={busy} onClick={retry}>
          <RetryIcon />
          {t("media.retry")}
        </button>
      </span>
    </div>
  );
}
