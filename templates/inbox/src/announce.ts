import { summary } from "./content";
import { t } from "./i18n";
import { announcement } from "./store";
import type { LiveEvent } from "./types";

/** Screen readers hear of messages that are pushed, never of those that a page load or an older history brings. */
export function announceInbound(events: readonly LiveEvent[]): void {
  const arrived = events.findLast(
    (event) =>
      event.type === "message.created" &&
      event.message.direction === "inbound" &&
      event.message.origin !== "history_sync",
  );
  if (!arrived || !("message" in arrived)) return;
  const { contact } = arrived.conversation;
  announcement.value = t("announce.message", { name: contact.name, preview: summary(arrived.message) });
}
