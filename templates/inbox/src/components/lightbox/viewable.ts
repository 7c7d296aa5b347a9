import { isSeen } from "../../mediaFile";
import type { Media, Message } from "../../types";

export type Viewable = Message & { media: Media & { url: string } };

/** Whether a message's file can be seen as large as the frame. */
export function isViewable(message: Message): message is Viewable {
  const { type, media, deleted_at } = message;
  if (!media?.url || media.state !== "ready" || deleted_at !== null) return false;
  return type !== "sticker" && type !== "document" && isSeen(media);
}
