import { theApi } from "./actions";
import { locale } from "./i18n";
import { dispatch } from "./store";
import type { Media, Message } from "./types";

/** How a file is shown: by what it is, and not by what the message calls it. */
export type Shape = "picture" | "film" | "sound" | "document";

/** Without a thumbnail there is nothing to see of a picture: it is offered like a document. */
export function shapeOf({ mime_type, thumbnail_url }: Media): Shape {
  if (mime_type?.startsWith("image/") && thumbnail_url) return "picture";
  if (mime_type?.startsWith("video/") && thumbnail_url) return "film";
  return mime_type?.startsWith("audio/") ? "sound" : "document";
}

/** Whether it is looked at, rather than heard or opened. */
export const isSeen = (file: Media) => ["picture", "film"].includes(shapeOf(file));

/** Bytes as people count them: 12 kB, 1.4 MB. */
export function fileSize(bytes: number): string {
  const unit = bytes < 1_000_000 ? "kilobyte" : "megabyte";
  const amount = bytes / (unit === "kilobyte" ? 1000 : 1_000_000);
  const digits = unit === "kilobyte" ? 0 : 1;
  const format = new Intl.NumberFormat(locale, { style: "unit", unit, maximumFractionDigits: digits });
  return format.format(unit === "kilobyte" ? Math.max(1, amount) : amount);
}

/** Pixels of the frame that holds a file of these measures: no larger than a bubble, and never too thin to be hit. */
export function frameSize(width: number, height: number, most: { width: number; height: number }) {
  const scale = Math.min(1, most.width / width, most.height / height);
  return { width: Math.max(96, Math.round(width * scale)), height: Math.max(48, Math.round(height * scale)) };
}

/** A page is open for longer than a file's URL is good. One of the page itself is always good. */
export function isStale(url: string, now = Date.now()): boolean {
  const expires = new URL(url, "http://page").searchParams.get("expires");
  return expires !== null && Number(expires) * 1000 - now < 30_000;
}

const asked = new Map<string, Promise<Media | null>>();

/** Asks for the message again, whose URLs are new then; the promise fails when the server cannot be reached. */
export function renew(message: Message): Promise<Media | null> {
  const asking = asked.get(message.id) ?? ask(message.id);
  asked.set(message.id, asking);
  return asking;
}

async function ask(id: string): Promise<Media | null> {
  try {
    const { data } = await theApi().message(id);
    dispatch({ type: "rows", messages: [data] });
    return data.media;
  } finally {
    asked.delete(id);
  }
}

/** Has a file fetched again that was given up. */
export async function retryMedia(message: Message): Promise<void> {
  const { data } = await theApi().retryMedia(message.id);
  dispatch({ type: "rows", messages: [data] });
}
