import { expect, test } from "vitest";
import { reactionGroups } from "../src/reactions";

const reaction = (emoji: string, by: "contact" | "business") => ({ emoji, by, at: "2026-01-01T10:00:00Z" });

test("each emoji is drawn once, with everybody who chose it", () => {
  expect(reactionGroups([reaction("👍", "contact"), reaction("🎉", "business"), reaction("👍", "business")])).toEqual([
    { emoji: "👍", by: ["contact", "business"] },
    { emoji: "🎉", by: ["business"] },
  ]);
});
