import { useState } from "preact/hooks";
import { t } from "../i18n";
import { frameSize, isStale, renew } from "../mediaFile";
import { ownFile } from "../ownFiles";
import type { Media, Message } from "../types";
import { MediaLink } from "./MediaLink";

interface Props {
  message: Message;
  file: Media & { url: string };
  title: string;
}

const frame = { width: 300, height: 340 };
const stickerFrame = { width: 160, height: 160 };

/** Asks for new URLs where one has run out: the picture may have been scrolled to long after it came. */
const renewed = (message: Message, url: string) => () => {
  if (isStale(url)) renew(message).catch(() => undefined);
};

/** The space is taken before the picture is there, so that nothing jumps. */
export function MediaPicture({ message, file, title, sticker }: Props & { sticker: boolean }) {
  // Some pictures are none to the browser that they were chosen in, until the server has changed them.
  const [foreign, setForeign] = useState(false);
  const { url, width, height } = file;
  const own = foreign ? undefined : ownFile(file.id);
  const small = own ?? file.thumbnail_url ?? url;
  const size = frameSize(width ?? 4, height ?? 3, sticker ? stickerFrame : frame);
  return (
    <MediaLink
      message={message}
      url={url}
      class={sticker ? "media-sticker" : "media-frame"}
      label={t("media.open", { name: title })}
      style={{ width: `${size.width}px`, aspectRatio: `${size.width} / ${size.height}` }}
    >
      <img
        {...size}
        src={small}
        alt=""
        loading="lazy"
        decoding="async"
        onError={own ? () => setForeign(true) : renewed(message, small)}
      />
    </MediaLink>
  );
}

export function MediaFilm({ message, file, title }: Props) {
  const size = frameSize(file.width ?? 16, file.height ?? 9, frame);
  return (
    // biome-ignore lint/a11y/useMediaCaption: a customer's film comes without captions
    <video
      class="media-frame"
      style={{ width: `${size.width}px`, aspectRatio: `${size.width} / ${size.height}` }}
      src={file.url}
      poster={file.thumbnail_url ?? undefined}
      aria-label={title}
      controls
      playsInline
      preload="none"
      onError={renewed(message, file.url)}
    />
  );
}
