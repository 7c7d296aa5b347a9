import { fullTime } from "../../format";
import { t } from "../../i18n";
import { fileSize } from "../../mediaFile";
import type { Message } from "../../types";
import { FileIcon } from "../icons";
import { MediaLink } from "../MediaLink";
import { ShowButton } from "./ShowButton";

export function SharedDocument({ message }: { message: Message }) {
  const { media, timestamp } = message;
  const name = media?.filename || message.document?.filename || t("content.document");
  const size = media?.size == null ? null : fileSize(media.size);
  const state = media && media.state !== "ready" ? t(`media.${media.state}`) : size;
  const words = (
    <>
      <FileIcon />
      <span class="shared-words">
        <bdi title={name}>{name}</bdi>
        <small>{[state, fullTime(timestamp)].filter(Boolean).join(" · ")}</small>
      </span>
    </>
  );
  return (
    <>
      {media?.url ? (
        <MediaLink message={message} url={media.url} class="shared-row" label={t("media.open", { name })}>
          {words}
        </MediaLink>
      ) : (
        <span class="shared-row">{words}</span>
      )}
      <ShowButton message={message} name={name} />
    </>
  );
}
