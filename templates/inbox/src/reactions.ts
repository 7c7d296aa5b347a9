import type { Reaction } from "./types";

export interface ReactionGroup {
  emoji: string;
  by: Reaction["by"][];
}

/** Each emoji once, in the order in which it was first used, with everybody who used it. */
export function reactionGroups(reactions: readonly Reaction[]): ReactionGroup[] {
  const groups = Map.groupBy(reactions, (reaction) => reaction.emoji);
  return [...groups].map(([emoji, own]) => ({ emoji, by: own.map((reaction) => reaction.by) }));
}
