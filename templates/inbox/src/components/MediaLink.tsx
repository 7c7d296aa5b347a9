import type { ComponentChildren, CSSProperties } from "preact";
import { enlarged } from "../lightbox";
import { isStale, renew } from "../mediaFile";
import type { Message } from "../types";

interface Props {
  message: Message;
  url: string;
  class: string;
  label: string;
  style?: CSSProperties;
  /** Whether the file fills the frame instead, unless a tab is asked for by a key. */
  enlarges?: boolean;
  /** Whether the file is saved instead. */
  saves?: boolean;
  children: ComponentChildren;
}

/** Opens a file in a tab of its own; one whose URL has run out meanwhile, by a new one. */
export function MediaLink({ message, url, label, enlarges, saves, children, ...rest }: Props) {
  const open = async (event: MouseEvent) => {
    const { ctrlKey, metaKey, shiftKey } = event;
    if (enlarges && message.id && !ctrlKey && !metaKey && !shiftKey) {
      event.preventDefault();
      enlarged.value = message.id;
      return;
    }
    if (!isStale(url)) return;
    event.preventDefault();
    const file = await renew(message).catch(() => null);
    if (file?.url) window.open(file.url, "_blank", "noopener");
  };
  return (
    <a
      {...rest}
      href={url}
      target={saves ? undefined : "_blank"}
      download={saves ? "" : undefined}
      rel="noopener noreferrer"
      aria-label={label}
      onClick={open}
    >
      {children}
    </a>
  );
}
