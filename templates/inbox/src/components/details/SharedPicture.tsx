import type { ComponentChildren } from "preact";
import { showAt } from "../../details/show";
import { fullTime } from "../../format";
import { isolated, t } from "../../i18n";
import { d } from "../../i18n/details";
import { isSeen, isStale, renew } from "../../mediaFile";
import type { Message } from "../../types";
import { ImageIcon, VideoIcon, WarningIcon } from "../icons";
import { MediaLink } from "../MediaLink";
import { ShowButton } from "./ShowButton";

/** A picture or a film: the file itself by a click, and its place in the thread by the button on it. */
export function SharedPicture({ message }: { message: Message }) {
  const { type, media, timestamp } = message;
  const film = type === "video";
  const name = `${t(film ? "content.video" : "content.image")}, ${fullTime(timestamp)}`;
  const Icon = film ? VideoIcon : ImageIcon;
  const small = media?.thumbnail_url;
  if (!media?.url) return <Missing message={message} name={name} icon={<Icon />} />;
  return (
    <>
      <MediaLink
        message={message}
        url={media.url}
        class="tile"
        label={t("media.open", { name })}
        enlarges={isSeen(media)}
      >
        {small ? (
          <img
            src={small}
            alt=""
            loading="lazy"
            decoding="async"
            onError={() => isStale(small) && renew(message).catch(() => undefined)}
          />
        ) : (
          <Icon />
        )}
        {film && small && (
          <span class="tile-film">
            <VideoIcon />
          </span>
        )}
      </MediaLink>
      <ShowButton message={message} name={name} />
    </>
  );
}

interface MissingProps {
  message: Message;
  name: string;
  icon: ComponentChildren;
}

/** A file that is on its way, or will not come, has its story in the thread. */
function Missing({ message, name, icon }: MissingProps) {
  const state = message.media?.state;
  const label = d("shared.show", { name: isolated(name) });
  return (
    <button type="button" class="tile" aria-label={label} title={label} onClick={() => showAt(message.id)}>
      {state === "pending" && <span class="spinner" role="img" aria-label={t("media.pending")} />}
      {state === "failed" || state === "gone" ? <WarningIcon /> : state !== "pending" && icon}
    </button>
  );
}
