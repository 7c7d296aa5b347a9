import { t } from "../i18n";
import { w } from "../i18n/tools";
import { send } from "../sending";
import { trouble } from "../store";
import type { Context } from "../types";
import { type Attachment, attached, attachedTo } from "./attached";
import { draftText, keepDraftText } from "./drafts";
import { captionLimit, fileBody, type Kind, kindOf, takesCaption } from "./files";
import { dropUpload, mediaOf, startUpload, type Upload } from "./uploads";

/** What one send may hold, so that a folder that was dropped by mistake is not sent. */
const mostFiles = 30;

export function addFiles(conversationId: string, files: readonly File[], kind?: Kind): void {
  const room = mostFiles - attachedTo(conversationId).length;
  if (files.length > room) trouble.value = w("tray.most", { count: mostFiles });
  const added = files.slice(0, room).map(
    (file): Attachment => ({
      upload: startUpload(conversationId, file, kind ?? kindOf(file), file.name),
      caption: "",
    }),
  );
  put(conversationId, [...attachedTo(conversationId), ...added]);
}

/** The words that were typed before a file was chosen are about it. Returns whether they could be. */
export function captionFirst(conversationId: string, words: string): boolean {
  const [first] = attachedTo(conversationId);
  if (!first || !takesCaption(first.upload.kind) || first.caption || words.length > captionLimit) return false;
  setCaption(first.upload, words);
  return true;
}

/** A voice note that could not be sent, to be tried again or removed. */
export function keepInTray(upload: Upload): void {
  const attachment = { upload: { ...upload, filename: t("content.voice") }, caption: "" };
  put(upload.conversationId, [...attachedTo(upload.conversationId), attachment]);
}

export function setCaption({ conversationId, id }: Upload, caption: string): void {
  replace(conversationId, id, (attachment) => ({ ...attachment, caption }));
}

/** The same file as something else is another upload. */
export function changeKind({ upload, caption }: Attachment, kind: Kind): void {
  const { conversationId, id, file, filename } = upload;
  dropUpload(upload);
  if (!takesCaption(kind)) giveBack(conversationId, caption);
  const another = startUpload(conversationId, file, kind, filename);
  replace(conversationId, id, () => ({ upload: another, caption: takesCaption(kind) ? caption : "" }));
}

export function removeAttachment({ upload, caption }: Attachment): void {
  dropUpload(upload);
  giveBack(upload.conversationId, caption);
  const rest = attachedTo(upload.conversationId).filter((attachment) => attachment.upload !== upload);
  put(upload.conversationId, rest);
}

/** Sends what is in the tray, in its order; all of it has to be up. Only the first answers the quoted message. */
export function sendTray(conversationId: string, context: Context | null): void {
  const attachments = attachedTo(conversationId);
  put(conversationId, []);
  for (const [place, { upload, caption }] of attachments.entries()) {
    const body = fileBody(upload.kind, upload.id, upload.filename, caption);
    send(conversationId, body, { media: mediaOf(upload), context: place === 0 ? context : null });
  }
}

/** Words that lose their file go back to the field: nothing that was typed is lost. */
function giveBack(conversationId: string, caption: string): void {
  if (caption.trim() === "") return;
  const words = draftText(conversationId);
  keepDraftText(conversationId, words.trim() === "" ? caption : `${words}\n${caption}`);
}

// Files go with the page; what was written about them is kept with the drafts.
addEventListener("pagehide", ({ persisted }) => {
  if (persisted) return;
  for (const [conversationId, attachments] of attached.value)
    for (const { caption } of attachments) giveBack(conversationId, caption);
});

function replace(conversationId: string, id: string, change: (attachment: Attachment) => Attachment): void {
  put(
    conversationId,
    attachedTo(conversationId).map((attachment) => (attachment.upload.id === id ? change(attachment) : attachment)),
  );
}

function put(conversationId: string, attachments: readonly Attachment[]): void {
  const trays = new Map(attached.value);
  if (attachments.length > 0) trays.set(conversationId, attachments);
  else trays.delete(conversationId);
  attached.value = trays;
}
