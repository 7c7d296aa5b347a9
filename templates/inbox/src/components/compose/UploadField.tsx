import "../../styles/compose/tray.css";
import { useEffect, useId, useRef } from "preact/hooks";
import { chooseFiles } from "../../compose/chooseFiles";
import { dropUpload, startUpload, type Upload } from "../../compose/uploads";
import { w } from "../../i18n/tools";
import { CloseIcon } from "../icons";
import { UploadStatus } from "./UploadStatus";
import { UploadThumbnail } from "./UploadThumbnail";

type HeaderKind = "image" | "video" | "document";

const accept: Record<HeaderKind, string> = { image: "image/*", video: "video/mp4,video/3gpp", document: "" };

interface Props {
  conversationId: string;
  label: string;
  kind: HeaderKind;
  upload: Upload | null;
  onChange: (upload: Upload | null) => void;
  error?: string | undefined;
}

/** The file at the head of a message. */
export function UploadField({ conversationId, label, kind, upload, onChange, error }: Props) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const choose = async () => {
    const [file] = await chooseFiles(accept[kind], false);
    if (!file) return;
    if (upload) dropUpload(upload);
    onChange(startUpload(conversationId, file, kind, file.name));
  };
  // A document cannot take the place of a picture.
  useEffect(() => {
    if (upload && upload.kind !== kind) onChange(null);
  }, [upload, kind, onChange]);
  return (
    <fieldset class="field" aria-describedby={`${id}-note`}>
      <legend>{label}</legend>
      {upload && (
        <div class="tray-item">
          <UploadThumbnail upload={upload} onOpen={() => open(upload.url)} />
          <div class="tray-body">
            <bdi class="tray-name">{upload.filename}</bdi>
            <UploadStatus upload={upload} />
          </div>
          <button
            type="button"
            class="icon-button icon-button-small"
            aria-label={w("tray.remove", { name: upload.filename })}
            onClick={() => {
              dropUpload(upload);
              onChange(null);
              button.current?.focus();
            }}
          >
            <CloseIcon />
          </button>
        </div>
      )}
      <button ref={button} type="button" class="button" onClick={() => void choose()}>
        {w(upload ? "upload.another" : `upload.choose.${kind}`)}
      </button>
      <small id={`${id}-note`} class="field-error">
        {error}
      </small>
    </fieldset>
  );
}
