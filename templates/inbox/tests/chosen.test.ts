import { expect, test } from "vitest";
import { choicesIn } from "../src/chosen";
import type { Message } from "../src/types";
import { message } from "./rows";

const answer = (id: string, question: string | null, interactive: Message["interactive"]) => {
  const quoted = {
    id: question ?? "",
    direction: "outbound" as const,
    type: "interactive",
    preview: "",
    sent_by: null,
    deleted: false,
  };
  const context = { message_id: "w", message: question === null ? null : quoted };
  return message({ id, type: "interactive", context, ...(interactive ? { interactive } : {}) });
};

test("each question has what was chosen in it, by button or from a list", () => {
  const chosen = choicesIn([
    answer("1", "q", { button_reply: { id: "yes", title: "Yes" } }),
    answer("2", "q", { button_reply: { id: "no", title: "No" } }),
    answer("3", "r", { list_reply: { id: "row" } }),
    answer("4", null, { button_reply: { id: "lost" } }),
    answer("5", "s", {}),
    message({ id: "6" }),
  ]);
  expect([...chosen].map(([question, ids]) => [question, [...ids.keys()]])).toEqual([
    ["q", ["yes", "no"]],
    ["r", ["row"]],
  ]);
});

test("a template has what was pressed in it, by its payload and by what it says", () => {
  const pressed = (id: string, button: Message["button"]) => ({
    ...answer(id, "t", undefined),
    type: "button",
    ...(button ? { button } : {}),
  });
  const chosen = choicesIn([
    pressed("1", { payload: "STOP-7", text: "Stop" }),
    pressed("2", { text: "Go on" }),
    pressed("3", {}),
    { ...pressed("4", { text: "Deleted" }), deleted_at: "2026-01-01T10:00:00Z" },
  ]);
  expect([...(chosen.get("t") ?? [])]).toEqual([
    ["STOP-7", "Stop"],
    ["Stop", "Stop"],
    ["Go on", "Go on"],
  ]);
});
