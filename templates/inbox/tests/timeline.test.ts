import { expect, test } from "vitest";
import { firstUnread } from "../src/selectors";
import { timeline } from "../src/timeline";
import { message } from "./rows";

const at = (day: number, minute: number) => `2026-01-0${day}T12:0${minute}:00Z`;

test("each day has one heading and the unread line stands before its message", () => {
  const messages = [
    message({ id: "1", timestamp: at(1, 0) }),
    message({ id: "2", timestamp: at(2, 0) }),
    message({ id: "3", timestamp: at(2, 1) }),
  ];
  const kinds = timeline(messages, [], "3", null).map((item) => item.kind);
  expect(kinds).toEqual(["day", "message", "day", "message", "unread", "message"]);
});

test("only what one side writes within minutes is drawn as one", () => {
  const messages = [
    message({ id: "1", timestamp: at(1, 0) }),
    message({ id: "2", timestamp: at(1, 1) }),
    message({ id: "3", timestamp: at(1, 1), direction: "outbound" }),
    message({ id: "4", timestamp: at(1, 8), direction: "outbound" }),
  ];
  const joined = timeline(messages, [], null, null).flatMap((item) => (item.kind === "message" ? item.joined : []));
  expect(joined).toEqual([false, true, false, false]);
});

test("what two colleagues write is not drawn as one, and a reply on its way joins its writer's last", () => {
  const [ana, ben] = [
    { id: "1", name: "Ana" },
    { id: "2", name: "Ben" },
  ];
  const messages = [
    message({ id: "1", timestamp: at(1, 0), direction: "outbound", sent_by: ana }),
    message({ id: "2", timestamp: at(1, 0), direction: "outbound", sent_by: ben }),
    message({ id: "3", timestamp: at(1, 1), direction: "outbound", sent_by: ben }),
  ];
  const reply = { client_id: "x", conversation_id: "a", body: "", context: null, timestamp: at(1, 2), failure: null };
  const joined = (user: typeof ana) =>
    timeline(messages, [reply], null, user).flatMap((item) => ("joined" in item ? item.joined : []));
  expect(joined(ben)).toEqual([false, false, true, true]);
  expect(joined(ana)).toEqual([false, false, true, false]);
});

test("a reply keeps its key when the server confirms it, so that it is not drawn anew", () => {
  const outgoing = { client_id: "x", conversation_id: "a", body: "", context: null, timestamp: "", failure: null };
  const confirmed = message({ id: "1", client_id: "x", direction: "outbound" });
  expect(timeline([], [outgoing], null, null).at(-1)?.key).toBe("x");
  expect(timeline([confirmed], [], null, null).at(-1)?.key).toBe("x");
});

test("the unread line counts inbound messages only", () => {
  const messages = [
    message({ id: "1" }),
    message({ id: "2" }),
    message({ id: "3", direction: "outbound" }),
    message({ id: "4" }),
  ];
  expect(firstUnread(messages, 2)).toBe("2");
  expect(firstUnread(messages, 9)).toBe("1");
  expect(firstUnread(messages, 0)).toBeNull();
  expect(firstUnread([], 3)).toBeNull();
});
