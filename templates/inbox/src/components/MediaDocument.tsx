import { t } from "../i18n";
import { fileSize } from "../mediaFile";
import type { Media, Message } from "../types";
import { DownIcon, FileIcon } from "./icons";
import { MediaLink } from "./MediaLink";

interface Props {
  message: Message;
  file: Media & { url: string };
  title: string;
}

/** Its first page, where that can be shown, its name, and what one gets by a click. */
export function MediaDocument({ message, file, title }: Props) {
  const { url, size, pages } = file;
  const facts = [
    ending(file),
    pages ? t("media.pages", { count: pages }) : null,
    size === null ? null : fileSize(size),
  ].filter(Boolean);
  return (
    <MediaLink message={message} url={url} class="media-document" label={t("media.open", { name: title })}>
      {file.thumbnail_url && (
        <span class="media-page">
          <img src={file.thumbnail_url} alt="" loading="lazy" decoding="async" />
        </span>
      )}
      <span class="card">
        <span class="card-icon">
          <FileIcon />
        </span>
        <span class="card-body">
          <bdi class="card-title" title={title}>
            {title}
          </bdi>
          <small>{facts.join(" · ")}</small>
        </span>
        <DownIcon />
      </span>
    </MediaLink>
  );
}

/** What people call the type: PDF, DOCX. */
function ending({ filename }: Media): string {
  const found = /\.([a-z0-9]{1,5})$/i.exec(filename ?? "");
  return (found?.[1] ?? "").toUpperCase();
}
