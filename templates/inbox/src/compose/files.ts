import type { Body } from "../reply";

/** What a file is sent as; a voice note is an audio that was recorded here. */
export type Kind = "image" | "video" | "audio" | "voice" | "document" | "sticker";

const KiB = 1024;
const MiB = 1024 * KiB;

/** The most bytes of each kind: Meta's limits. A picture may be larger, since the server scales it. */
const most: Record<Kind, number> = {
  image: 50 * MiB,
  video: 16 * MiB,
  audio: 16 * MiB,
  voice: 16 * MiB,
  document: 100 * MiB,
  sticker: 500 * KiB,
};

/** What a file chooser offers, for the kinds that it is opened for. */
export const accepted = {
  media: "image/*,video/mp4,video/3gpp,.mp4,.3gp",
  audio: "audio/*,.mp3,.m4a,.aac,.amr,.ogg,.opus",
  document: "",
  sticker: "image/webp,.webp",
};

interface Named {
  name: string;
  type: string;
}

/** The kind of a file that the reader did not name one for. */
export function kindOf({ name, type }: Named): Kind {
  const [family] = type.split("/");
  if (family === "image" && !type.includes("svg")) return "image";
  if (family === "video" || family === "audio") return family;
  // Some systems know no type for these.
  return /\.(heic|heif)$/i.test(name) ? "image" : "document";
}

/** All kinds that a file may be sent as, the likeliest first. */
export function kindsOf(file: Named): Kind[] {
  const kinds = new Set<Kind>([kindOf(file), "document"]);
  if (file.type === "image/webp") kinds.add("sticker");
  return [...kinds];
}

/** The limit in bytes that a file is beyond; null if it is within. */
export function excess(size: number, kind: Kind): number | null {
  return size > most[kind] ? most[kind] : null;
}

export const takesCaption = (kind: Kind) => kind === "image" || kind === "video" || kind === "document";

export const captionLimit = 1024;

/** The message that an upload becomes. */
export function fileBody(kind: Kind, uploadId: string, filename: string, caption: string): Body {
  const file = { upload_id: uploadId, ...(caption.trim() ? { caption: caption.trim() } : {}) };
  switch (kind) {
    case "image":
      return { type: "image", image: file };
    case "video":
      return { type: "video", video: file };
    case "document":
      return { type: "document", document: { ...file, filename } };
    case "sticker":
      return { type: "sticker", sticker: { upload_id: uploadId } };
    case "voice":
      return { type: "audio", audio: { upload_id: uploadId, voice: true } };
    case "audio":
      return { type: "audio", audio: { upload_id: uploadId } };
  }
}
