import type { Conversation } from "./types";

export type ShutReason = "composer.closed" | "composer.ended" | "composer.running" | "composer.unopened";
export type ReplyState = { open: true; minutesLeft: number } | { open: false; reason: ShutReason };

/** Whether free text may be sent now, and for how long; the server has the last word and refuses the rest. */
export function replyState(conversation: Conversation, now: Date): ReplyState {
  if (conversation.status === "ended") return { open: false, reason: "composer.ended" };
  if (conversation.mode === "running") return { open: false, reason: "composer.running" };
  const expires = conversation.window_expires_at;
  if (expires === null) return { open: false, reason: "composer.unopened" };
  const minutes = Math.ceil((Date.parse(expires) - now.getTime()) / 60_000);
  return minutes > 0 ? { open: true, minutesLeft: minutes } : { open: false, reason: "composer.closed" };
}
