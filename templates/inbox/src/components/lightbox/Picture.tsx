import { useEffect, useRef, useState } from "preact/hooks";
import { summary } from "../../content";
import { hear } from "../../heard";
import { v } from "../../i18n/viewer";
import { isStale, renew } from "../../mediaFile";
import type { Viewable } from "./viewable";
import type { View } from "./zoom";

/** The small picture is seen until the whole one is here. */
export function Picture({ message, view }: { message: Viewable; view: View }) {
  const { url, thumbnail_url: small, width, height } = message.media;
  const [loaded, setLoaded] = useState(false);
  const stale = isStale(url);
  return (
    <img
      src={stale ? undefined : url}
      width={width ?? undefined}
      height={height ?? undefined}
      alt={summary(message)}
      draggable={false}
      class={loaded ? "" : "lightbox-loading"}
      style={{
        transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale})`,
        backgroundImage: loaded || stale || !small ? "none" : `url("${small}")`,
      }}
      onLoad={() => setLoaded(true)}
      onError={() => isStale(url) && renew(message).catch(() => undefined)}
    />
  );
}

/** Plays at once: it was asked for. */
export function Film({ message }: { message: Viewable }) {
  const film = useRef<HTMLVideoElement>(null);
  const [broken, setBroken] = useState(false);
  const { url, thumbnail_url: poster } = message.media;
  const stale = isStale(url);
  useEffect(() => {
    if (!stale) film.current?.play().catch(() => undefined);
  }, [stale]);
  return (
    <>
      {/* biome-ignore lint/a11y/useMediaCaption: a customer's film comes without captions */}
      <video
        ref={film}
        src={stale ? undefined : url}
        poster={poster ?? undefined}
        aria-label={summary(message)}
        controls={!broken}
        playsInline
        onPlay={(event) => hear(event.currentTarget)}
        onError={({ currentTarget: { error } }) => setBroken(error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED)}
      />
      {broken && (
        <p class="lightbox-note" role="alert">
          {v("noFilm")}
        </p>
      )}
    </>
  );
}
