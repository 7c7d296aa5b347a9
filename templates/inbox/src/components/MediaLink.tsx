import type { ComponentChildren, CSSProperties } from "preact";
import { isStale, renew } from "../mediaFile";
import type { Message } from "../types";

interface Props {
  message: Message;
  url: string;
  class: string;
  label: string;
  style?: CSSProperties;
  children: ComponentChildren;
}

/** Opens a file in a tab of its own; one whose URL has run out meanwhile, by a new one. */
export function MediaLink({ message, url, label, children, ...rest }: Props) {
  const open = async (event: Event) => {
    if (!isStale(url)) return;
    event.preventDefault();
    const file = await renew(message).catch(() => null);
    if (file?.url) window.open(file.url, "_blank", "noopener");
  };
  return (
    <a {...rest} href={url} target="_blank" rel="noopener noreferrer" aria-label={label} onClick={open}>
      {children}
    </a>
  );
}
