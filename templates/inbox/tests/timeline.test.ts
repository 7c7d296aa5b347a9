import { expect, test } from "vitest";
import { firstUnread } from "../src/selectors";
import { timeline } from "../src/timeline";
import { message, outgoing } from "./rows";

const at = (day: number, minute: number) => `2026-01-0${day}T12:0${minute}:00Z`;

test("each day has one heading and the unread line stands before its message", () => {
  const messages = [
    message({ id: "1", timestamp: at(1, 0) }),
    message({ id: "2", timestamp: at(2, 0) }),
    message({ id: "3", timestamp: at(2, 1) }),
  ];
  const kinds = timeline("a", messages, [], "3", null).map((item) => item.kind);
  expect(kinds).toEqual(["day", "message", "day", "message", "unread", "message"]);
});

test("only what one side writes within minutes is drawn as one", () => {
  const messages = [
    message({ id: "1", timestamp: at(1, 0) }),
    message({ id: "2", timestamp: at(1, 1) }),
    message({ id: "3", timestamp: at(1, 1), direction: "outbound" }),
    message({ id: "4", timestamp: at(1, 8), direction: "outbound" }),
  ];
  const joined = timeline("a", messages, [], null, null).flatMap((item) =>
    item.kind === "message" ? item.joined : [],
  );
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
  const reply = outgoing({ timestamp: at(1, 2) });
  const joined = (user: typeof ana) =>
    timeline("a", messages, [reply], null, user).flatMap((item) => ("joined" in item ? item.joined : []));
  expect(joined(ben)).toEqual([false, false, true, true]);
  expect(joined(ana)).toEqual([false, false, true, false]);
});

test("what was typed in WhatsApp's app is not drawn as one with what was sent from here", () => {
  const messages = [
    message({ id: "1", timestamp: at(1, 0), direction: "outbound", origin: "business_app" }),
    message({ id: "2", timestamp: at(1, 1), direction: "outbound", origin: "business_app" }),
    message({ id: "3", timestamp: at(1, 2), direction: "outbound" }),
  ];
  const joined = timeline("a", messages, [], null, null).flatMap((item) => ("joined" in item ? item.joined : []));
  expect(joined).toEqual([false, true, false]);
});

test("each earlier conversation ends with a line of its last day, once, even where they overlap", () => {
  const row = (id: string, conversation_id: string, minute: number) =>
    message({ id, conversation_id, timestamp: at(1, minute) });
  const messages = [row("1", "z", 0), row("2", "y", 1), row("3", "z", 2), row("4", "a", 3), row("5", "a", 4)];
  const items = timeline("a", messages, [], null, null);
  expect(items.map(({ key }) => key)).toEqual([
    expect.stringMatching(/^day-/),
    ...["1", "2", "earlier-y", "3", "earlier-z", "4", "5"],
  ]);
  expect(items.find(({ key }) => key === "earlier-z")).toMatchObject({ timestamp: at(1, 2) });
  const joined = items.flatMap((item) => ("joined" in item ? item.joined : []));
  expect(joined).toEqual([false, true, false, false, true]);
});

test("a reply to a conversation without messages stands below the earlier one", () => {
  const earlier = message({ id: "1", conversation_id: "z", direction: "outbound", timestamp: at(1, 0) });
  const kinds = timeline("a", [earlier], [outgoing({ timestamp: at(1, 1) })], null, null).slice(1);
  expect(kinds.map(({ kind }) => kind)).toEqual(["message", "earlier", "outgoing"]);
  expect(kinds.at(-1)).toMatchObject({ joined: false });
});

test("calls and changes of the account join nothing", () => {
  for (const type of ["call", "request_welcome", "system"]) {
    const messages = [message({ id: "1" }), message({ id: "2", type }), message({ id: "3" })];
    const joined = timeline("a", messages, [], null, null).flatMap((item) => ("joined" in item ? item.joined : []));
    expect(joined).toEqual([false, false, false]);
  }
});

test("a reply keeps its key when the server confirms it, so that it is not drawn anew", () => {
  const confirmed = message({ id: "1", client_id: "x", direction: "outbound" });
  expect(timeline("a", [], [outgoing()], null, null).at(-1)?.key).toBe("x");
  expect(timeline("a", [confirmed], [], null, null).at(-1)?.key).toBe("x");
});

test("the unread line counts as the server does: calls, but no changes of the account and nothing earlier", () => {
  const messages = [
    message({ id: "1", conversation_id: "z" }),
    message({ id: "2", origin: "history_sync" }),
    message({ id: "3", type: "call" }),
    message({ id: "4", type: "system" }),
    message({ id: "5", type: "request_welcome" }),
    message({ id: "6" }),
  ];
  expect(firstUnread("a", messages, 2, true)).toBe("3");
  expect(firstUnread("a", messages, 9, true)).toBe("3");
});

test("the unread line counts inbound messages only", () => {
  const messages = [
    message({ id: "1" }),
    message({ id: "2" }),
    message({ id: "3", direction: "outbound" }),
    message({ id: "4" }),
  ];
  expect(firstUnread("a", messages, 2, true)).toBe("2");
  expect(firstUnread("a", messages, 9, true)).toBe("1");
  expect(firstUnread("a", messages, 0, true)).toBeNull();
  expect(firstUnread("a", [], 3, true)).toBeNull();
  // It is further up, and not there yet.
  expect(firstUnread("a", messages, 9, false)).toBeUndefined();
  expect(firstUnread("a", messages, 3, false)).toBe("1");
});
