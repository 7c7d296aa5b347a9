import { retryUpload, type Upload } from "../../compose/uploads";
import { t } from "../../i18n";
import { w } from "../../i18n/tools";
import { fileSize } from "../../mediaFile";
import { RetryIcon } from "../icons";

/** How far up a file is: its bar, its size once it is there, or why it is not. */
export function UploadStatus({ upload }: { upload: Upload }) {
  const state = upload.state.value;
  switch (state.phase) {
    case "waiting":
      return <small role="status">{w("upload.waiting")}</small>;
    case "sending":
      // At its end the server works on the file, for which there is no measure.
      return (
        <progress
          max={1}
          value={state.share < 1 ? state.share : undefined}
          aria-label={w("upload.sending", { name: upload.filename })}
        />
      );
    case "ready":
      return <small role="status">{fileSize(state.file.size ?? upload.file.size)}</small>;
    case "failed":
      return (
        <p class="upload-failed" role="alert">
          <span dir="auto">{state.reason}</span>
          {!state.lasting && (
            <button type="button" class="link-button" onClick={() => retryUpload(upload)}>
              <RetryIcon />
              {t("action.retry")}
            </button>
          )}
        </p>
      );
  }
}
