import { t } from "../i18n";
import { lazily } from "../lazily";
import { shapeOf } from "../mediaFile";
import { safeName } from "../text";
import type { Media, Message } from "../types";
import { FileIcon, ImageIcon, StickerIcon, VideoIcon, VoiceIcon } from "./icons";
import { MediaDocument } from "./MediaDocument";
import { MediaFilm, MediaPicture, MediaSticker } from "./MediaPicture";
import { MediaTrouble } from "./MediaTrouble";
import { Text } from "./RichText";

const MediaSound = lazily(() => import("./MediaSound").then((module) => module.MediaSound));

const icons = { image: ImageIcon, video: VideoIcon, audio: VoiceIcon, document: FileIcon, sticker: StickerIcon };

export type MediaType = keyof typeof icons;

export const isMedia = (type: string): type is MediaType => Object.hasOwn(icons, type);

interface Props {
  message: Message;
  type: MediaType;
}

/** A file that was sent, as far as it is here, with the words below it. */
export function MediaCard({ message, type }: Props) {
  const { caption, voice } = message[type] ?? {};
  const kind = t(type === "audio" && voice ? "content.voice" : `content.${type}`);
  return (
    <>
      <File message={message} type={type} kind={kind} />
      {caption && <Text body={caption} />}
    </>
  );
}

/** A file at the head of a message that has more to it: of a question with buttons, of a template. */
export function HeaderFile({ message, type }: { message: Message; type: string | undefined }) {
  if (type === undefined || !isMedia(type)) return null;
  const kind = t(`content.${type}`);
  // What is still being filled in has none yet; what was sent by a link never has.
  if (!message.media) return message.wamid === null ? null : <Label type={type} title={kind} note="" />;
  return <File message={message} type={type} kind={kind} />;
}

function File({ message, type, kind }: Props & { kind: string }) {
  const file = message.media;
  const name = safeName(file?.filename || message[type]?.filename || "");
  if (!file) return <Label type={type} title={name || kind} note={name ? kind : t("content.mediaLater")} />;
  if (file.state === "pending") return <Pending type={type} title={name || kind} />;
  if (file.state !== "ready" || !file.url) return <MediaTrouble message={message} title={name || kind} />;
  return <Ready message={message} file={{ ...file, url: file.url }} type={type} title={name || kind} />;
}

interface ReadyProps {
  message: Message;
  file: Media & { url: string };
  type: MediaType;
  title: string;
}

function Ready({ message, file, type, title }: ReadyProps) {
  if (type === "document") return <MediaDocument message={message} file={file} title={title} />;
  switch (shapeOf(file)) {
    case "picture": {
      const Picture = type === "sticker" ? MediaSticker : MediaPicture;
      return <Picture message={message} file={file} title={title} />;
    }
    case "film":
      return <MediaFilm message={message} file={file} title={title} />;
    case "sound":
      return (
        <div class="media-sound">
          <MediaSound message={message} file={file} title={title} />
        </div>
      );
    default:
      return <MediaDocument message={message} file={file} title={title} />;
  }
}

/** Nothing is known of the file yet but its type. */
function Pending({ type, title }: { type: MediaType; title: string }) {
  if (type === "document") return <Label type={type} title={title} note={t("media.pending")} busy />;
  const label = `${title}, ${t("media.pending")}`;
  return <span class={`media-pending media-pending-${type} bone`} role="img" aria-label={label} />;
}

function Label({ type, title, note, busy }: { type: MediaType; title: string; note: string; busy?: boolean }) {
  const Icon = icons[type];
  return (
    <div class="card">
      <span class={`card-icon ${busy ? "bone" : ""}`}>
        <Icon />
      </span>
      <span class="card-body">
        <bdi class="card-title">{title}</bdi>
        {note && <small>{note}</small>}
      </span>
    </div>
  );
}
