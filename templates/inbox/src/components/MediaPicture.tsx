import { useContext, useState } from "preact/hooks";
import { duration } from "../format";
import { hear } from "../heard";
import { t } from "../i18n";
import { frameSize, isStale, renew } from "../mediaFile";
import { ownFile } from "../ownFiles";
import type { Media, Message } from "../types";
import { InAlbum } from "./Album";
import { PlayIcon } from "./icons";
import { MediaDocument } from "./MediaDocument";
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

const sized = ({ width, height }: { width: number; height: number }) => ({
  "--width": `${width}px`,
  "--ratio": `${width} / ${height}`,
});

/** The space is taken before the picture is there, so that nothing jumps. */
export function MediaPicture({ message, file, title }: Props) {
  // Some pictures are none to the browser that they were chosen in, until the server has changed them.
  const [foreign, setForeign] = useState(false);
  const { url, width, height } = file;
  const own = foreign ? undefined : ownFile(file.id);
  const small = own ?? file.thumbnail_url ?? url;
  const size = frameSize(width ?? 4, height ?? 3, frame);
  return (
    <MediaLink
      message={message}
      url={url}
      class="media-frame"
      label={t("media.open", { name: title })}
      style={sized(size)}
      enlarges
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

/** Moves, unless the reader wants nothing to. */
export function MediaSticker({ message, file, title }: Props) {
  const { url, width, height, thumbnail_url: still } = file;
  const size = frameSize(width ?? 1, height ?? 1, stickerFrame);
  return (
    <MediaLink
      message={message}
      url={url}
      class="media-sticker"
      label={t("media.open", { name: title })}
      style={sized(size)}
    >
      <picture>
        {still && <source media="(prefers-reduced-motion: reduce)" srcset={still} />}
        <img {...size} src={url} alt="" loading="lazy" decoding="async" onError={renewed(message, url)} />
      </picture>
    </MediaLink>
  );
}

/** A film plays where it is; in an album it is a picture that leads to it. */
export function MediaFilm({ message, file, title }: Props) {
  const inAlbum = useContext(InAlbum);
  const [broken, setBroken] = useState(false);
  const { url, width, height, thumbnail_url: poster, duration_ms: length } = file;
  const size = frameSize(width ?? 16, height ?? 9, frame);
  const label = t("media.open", { name: title });
  if (inAlbum)
    return (
      <MediaLink message={message} url={url} class="media-frame" label={label} style={sized(size)} enlarges>
        <img {...size} src={poster ?? ""} alt="" loading="lazy" decoding="async" onError={renewed(message, url)} />
        <span class="media-film">
          <PlayIcon />
          {length ? duration(Math.round(length / 1000)) : ""}
        </span>
      </MediaLink>
    );
  // What this browser cannot play can still be saved.
  if (broken) return <MediaDocument message={message} file={file} title={title} />;
  const onError = ({ currentTarget: { error } }: { currentTarget: HTMLVideoElement }) => {
    if (isStale(url)) renewed(message, url)();
    else setBroken(error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED);
  };
  return (
    // biome-ignore lint/a11y/useMediaCaption: a customer's film comes without captions
    <video
      class="media-frame"
      style={sized(size)}
      src={url}
      poster={poster ?? undefined}
      aria-label={title}
      controls
      playsInline
      preload="none"
      onPlay={(event) => hear(event.currentTarget)}
      onError={onError}
    />
  );
}
