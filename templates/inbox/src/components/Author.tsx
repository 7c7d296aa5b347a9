import { t } from "../i18n";
import type { Message } from "../types";

/** Always heard. Seen once above what one colleague writes: for the rest, the side that a bubble is on tells enough. */
export function author(name: string, shown: boolean) {
  return (
    <span class={shown ? "author" : "visually-hidden"} dir="auto">
      {name}
    </span>
  );
}

/** Who wrote a message of ours. */
export function senderOf({ sent_by, origin }: Message): string {
  return sent_by?.name ?? t(origin === "business_app" ? "message.fromApp" : "message.fromYou");
}
