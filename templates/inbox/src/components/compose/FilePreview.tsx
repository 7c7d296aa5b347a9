import type { Upload } from "../../compose/uploads";
import { ToolDialog } from "./ToolDialog";

/** A file that is about to be sent, as large as there is room. */
export function FilePreview({ upload, onClose }: { upload: Upload; onClose: () => void }) {
  const { file, filename, url } = upload;
  return (
    <ToolDialog title={filename} onClose={onClose}>
      {file.type.startsWith("image/") ? (
        <img class="file-preview" src={url} alt={filename} />
      ) : (
        // biome-ignore lint/a11y/useMediaCaption: the reader's own film comes without captions
        <video class="file-preview" src={url} controls playsInline />
      )}
    </ToolDialog>
  );
}
