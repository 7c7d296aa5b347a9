import type { Key } from "./i18n/en";
import type { Conversation } from "./types";

export type ReplyState = { open: true; minutesLeft: number | null } | { open: false; reason: Key };

const soon = 60;

/** Whether free text may be sent now; the server has the last word and refuses the rest. */
export function replyState(conversation: Conversation, now: Date): ReplyState {
  if (conversation.status === "ended") return { open: false, reason: "composer.ended" };
  if (conversation.mode === "running") return { open: false, reason: "composer.running" };
  const expires = conversation.window_expires_at;
  if (expires === null) return { open: false, reason: "composer.unopened" };
  const minutes = Math.ceil((Date.parse(expires) - now.getTime()) / 60_000);
  if (minutes <= 0) return { open: false, reason: "composer.closed" };
  return { open: true, minutesLeft: minutes <= soon ? minutes : null };
}
