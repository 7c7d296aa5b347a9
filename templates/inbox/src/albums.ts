import { isSeen } from "./mediaFile";
import { asMessage } from "./reply";
import type { TimelineItem } from "./timeline";
import type { Message } from "./types";

type Drawn = Extract<TimelineItem, { kind: "message" | "outgoing" }>;

export type ThreadItem =
  | TimelineItem
  | { kind: "album"; key: string; direction: Message["direction"]; joined: boolean; items: Drawn[] };

/**
 * Pictures and films that one side sent one after the other, as WhatsApp tells them: each by itself. They become one
 * grid, in which each stays a message of its own. What has more to show than the picture stands alone.
 */
export function withAlbums(items: readonly TimelineItem[]): ThreadItem[] {
  const drawn: ThreadItem[] = [];
  let run: Drawn[] = [];
  const end = () => {
    const [first] = run;
    if (first && run.length > 1) {
      const direction = first.kind === "message" ? first.message.direction : "outbound";
      drawn.push({ kind: "album", key: `album-${first.key}`, direction, joined: first.joined, items: run });
    } else drawn.push(...run);
    run = [];
  };
  for (const item of items) {
    if (!isBare(item)) {
      end();
      drawn.push(item);
      continue;
    }
    if (!item.joined) end();
    run.push(item);
  }
  end();
  return drawn;
}

function isBare(item: TimelineItem): item is Drawn {
  if (item.kind === "outgoing") return item.outgoing.failure === null && isPicture(asMessage(item.outgoing));
  return item.kind === "message" && isPicture(item.message);
}

function isPicture(message: Message): boolean {
  const { type, media, context, referral, forwarded, deleted_at, error, status } = message;
  if ((type !== "image" && type !== "video") || message[type]?.caption || !media) return false;
  if (context || referral || forwarded || deleted_at !== null || error || status === "failed") return false;
  return media.state === "pending" || (media.state === "ready" && isSeen(media));
}
