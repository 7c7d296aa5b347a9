import { signal } from "@preact/signals";
import { attempt } from "../actions";
import type { Kind } from "./files";
import type { Upload } from "./uploads";

/** A file in the tray. */
export interface Attachment {
  upload: Upload;
  caption: string;
}

/** The trays, by conversation; the files go up whichever conversation is open. */
export const attached = signal<ReadonlyMap<string, readonly Attachment[]>>(new Map());

const none: readonly Attachment[] = [];
export const attachedTo = (conversationId: string) => attached.value.get(conversationId) ?? none;

/** Puts files into the tray of a conversation; what deals with them is loaded with the first. */
export async function attach(conversationId: string, files: readonly File[], kind?: Kind): Promise<void> {
  if (files.length === 0) return;
  await attempt(async () => {
    const { addFiles } = await import("./tray");
    addFiles(conversationId, files, kind);
  });
}
