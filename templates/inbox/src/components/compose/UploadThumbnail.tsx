import type { Upload } from "../../compose/uploads";
import { t } from "../../i18n";
import { FileIcon, VoiceIcon } from "../icons";

/** A small picture of a file; what can be looked at opens. */
export function UploadThumbnail({ upload, onOpen }: { upload: Upload; onOpen: () => void }) {
  const { file, filename, url } = upload;
  const family = file.type.split("/")[0];
  if (family !== "image" && family !== "video")
    return <span class="thumbnail">{family === "audio" ? <VoiceIcon /> : <FileIcon />}</span>;
  return (
    <button type="button" class="thumbnail" aria-label={t("media.open", { name: filename })} onClick={onOpen}>
      {family === "image" ? (
        <img src={url} alt="" decoding="async" />
      ) : (
        // biome-ignore lint/a11y/useMediaCaption: a still of a film that is about to be sent
        <video src={`${url}#t=0.1`} preload="metadata" />
      )}
    </button>
  );
}
