import { t } from "../i18n";
import type { Media } from "../types";
import { FileIcon, ImageIcon, StickerIcon, VideoIcon, VoiceIcon } from "./icons";
import { RichText } from "./RichText";

const icons = { image: ImageIcon, video: VideoIcon, audio: VoiceIcon, document: FileIcon, sticker: StickerIcon };

type MediaType = keyof typeof icons;

export const isMedia = (type: string): type is MediaType => Object.hasOwn(icons, type);

/** A labelled card in place of the file itself. */
export function MediaCard({ type, media }: { type: MediaType; media: Media }) {
  const Icon = icons[type];
  const kind = t(type === "audio" && media.voice ? "content.voice" : `content.${type}`);
  return (
    <>
      <div class="card">
        <span class="card-icon">
          <Icon />
        </span>
        <span class="card-body">
          <bdi class="card-title">{media.filename || kind}</bdi>
          <small>{media.filename ? kind : t("content.mediaLater")}</small>
        </span>
      </div>
      {media.caption && (
        <div class="text" dir="auto">
          <RichText text={media.caption} />
        </div>
      )}
    </>
  );
}
