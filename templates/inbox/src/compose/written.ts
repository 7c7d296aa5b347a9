import { effect, signal, untracked } from "@preact/signals";
import { send } from "../sending";
import { attachedTo } from "./attached";
import { draftText, keepDraftText, quote, quoteIn } from "./drafts";

export const maxLength = 4096;

/** The conversations whose message has been sent by the reader while a file of it still goes up. */
const wanted = signal<ReadonlySet<string>>(new Set());

export const isWanted = (conversationId: string) => wanted.value.has(conversationId);

/** Sends what is written and attached as soon as all of it is up, whichever conversation is open then. A file that fails
 * calls it off.
 */
export function sendWritten(conversationId: string): void {
  if (wanted.peek().has(conversationId)) return;
  want(conversationId, true);
  effect(function () {
    const phases = attachedTo(conversationId).map(({ upload }) => upload.state.value.phase);
    if (!phases.includes("failed") && !phases.every((phase) => phase === "ready")) return;
    this.dispose();
    untracked(() => {
      want(conversationId, false);
      if (!phases.includes("failed")) void post(conversationId);
    });
  });
}

async function post(id: string): Promise<void> {
  const [text, context, attachments] = [draftText(id).trim(), quoteIn(id), attachedTo(id)];
  if (text.length > maxLength || (text === "" && attachments.length === 0)) return;
  keepDraftText(id, "");
  quote(id, null);
  if (attachments.length > 0) (await import("./tray")).sendTray(id, context);
  if (text) send(id, { type: "text", text: { body: text } }, { context: attachments.length > 0 ? null : context });
}

function want(id: string, on: boolean): void {
  const rest = [...wanted.peek()].filter((one) => one !== id);
  wanted.value = new Set(on ? [...rest, id] : rest);
}
