import { useState } from "preact/hooks";
import type { Upload } from "../../compose/uploads";
import { t } from "../../i18n";
import { FileIcon, VoiceIcon } from "../icons";

/** A small picture of a file; what can be looked at opens. */
export function UploadThumbnail({ upload, onOpen }: { upload: Upload; onOpen: () => void }) {
  const { file, filename, url, state } = upload;
  // A picture that the browser does not know is seen as the server has changed it.
  const [foreign, setForeign] = useState(false);
  const changed = state.value.phase === "ready" ? (state.value.file.thumbnail_url ?? url) : url;
  const family = file.type.split("/")[0];
  if (family !== "image" && family !== "video")
    return <span class="thumbnail">{family === "audio" ? <VoiceIcon /> : <FileIcon />}</span>;
  return (
    <button type="button" class="thumbnail" aria-label={t("media.open", { name: filename })} onClick={onOpen}>
      {family === "image" ? (
        <img src={foreign ? changed : url} alt="" decoding="async" onError={() => setForeign(true)} />
      ) : (
        // biome-ignore lint/a11y/useMediaCaption: a still of a film that is about to be sent
        <video src={`${url}#t=0.1`} preload="metadata" />
      )}
    </button>
  );
}
