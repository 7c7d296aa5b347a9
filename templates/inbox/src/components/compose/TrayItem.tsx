import { useRef, useState } from "preact/hooks";
import type { Attachment } from "../../compose/attached";
import { captionLimit, type Kind, kindsOf, takesCaption } from "../../compose/files";
import { changeKind, removeAttachment, setCaption } from "../../compose/tray";
import { w } from "../../i18n/tools";
import { focusField, hasTouchKeyboard } from "../focus";
import { CloseIcon } from "../icons";
import { FilePreview } from "./FilePreview";
import { UploadStatus } from "./UploadStatus";
import { UploadThumbnail } from "./UploadThumbnail";
import { useGrowth } from "./useGrowth";

interface Props {
  attachment: Attachment;
  onSend: () => void;
}

/** A file: what it looks like, how far up it is, what it is sent as, and its words. */
export function TrayItem({ attachment, onSend }: Props) {
  const { upload } = attachment;
  const [shown, setShown] = useState(false);
  const { kind, filename } = upload;
  return (
    <li class="tray-item">
      <UploadThumbnail upload={upload} onOpen={() => setShown(true)} />
      <div class="tray-body">
        <div class="tray-line">
          <bdi class="tray-name" title={filename}>
            {filename}
          </bdi>
          <KindChoice attachment={attachment} />
        </div>
        <UploadStatus upload={upload} />
        {takesCaption(kind) && <Caption attachment={attachment} onSend={onSend} />}
      </div>
      <button
        type="button"
        class="icon-button icon-button-small"
        aria-label={w("tray.remove", { name: filename })}
        title={w("tray.remove", { name: filename })}
        onClick={() => {
          removeAttachment(attachment);
          focusField();
        }}
      >
        <CloseIcon />
      </button>
      {shown && <FilePreview upload={upload} onClose={() => setShown(false)} />}
    </li>
  );
}

function KindChoice({ attachment }: { attachment: Attachment }) {
  const { file, filename, kind } = attachment.upload;
  const kinds = [...new Set<Kind>([kind, ...kindsOf({ name: filename, type: file.type })])];
  if (kinds.length === 1) return <small>{w(`kind.${kind}`)}</small>;
  return (
    <select
      class="chip"
      aria-label={w("tray.kind", { name: filename })}
      value={kind}
      onChange={(event) => changeKind(attachment, event.currentTarget.value as Kind)}
    >
      {kinds.map((one) => (
        <option key={one} value={one}>
          {w(`kind.${one}`)}
        </option>
      ))}
    </select>
  );
}

function Caption({ attachment: { upload, caption }, onSend }: Props) {
  const area = useRef<HTMLTextAreaElement>(null);
  useGrowth(area, caption);
  return (
    <textarea
      ref={area}
      class="caption"
      rows={1}
      dir={caption ? "auto" : undefined}
      maxLength={captionLimit}
      value={caption}
      placeholder={w("tray.caption")}
      aria-label={w("tray.captionOf", { name: upload.filename })}
      onInput={(event) => setCaption(upload, event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing || hasTouchKeyboard()) return;
        event.preventDefault();
        onSend();
      }}
    />
  );
}
