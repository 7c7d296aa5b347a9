import { effect, untracked } from "@preact/signals";
import { send } from "../sending";
import type { Media } from "../types";
import { quote, quoteIn } from "./drafts";
import { fileBody } from "./files";
import { keepInTray } from "./tray";
import { mediaOf, type Upload } from "./uploads";

/**
 * Sends a voice note as soon as it is up, whatever is open then. One that does not get there waits in the tray of its
 * conversation, unless the reader still has it before him.
 */
export function sendVoice(upload: Upload, own: Partial<Media>, isShown: () => boolean): void {
  const { conversationId, id, state } = upload;
  effect(function () {
    const { phase } = state.value;
    if (phase !== "ready" && phase !== "failed") return;
    this.dispose();
    untracked(() => {
      const media = mediaOf(upload);
      if (!media) return isShown() || keepInTray(upload);
      const context = quoteIn(conversationId);
      send(conversationId, fileBody("voice", id, "", ""), { media: { ...media, ...own }, context });
      quote(conversationId, null);
    });
  });
}
