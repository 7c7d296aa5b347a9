import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { applyChanges, applyEvents } from "../src/apply";
import type { FromInbox } from "../src/host/declarations";
import { startTelling } from "../src/parent/telling";
import { dispatch, session } from "../src/store";
import type { Session } from "../src/types";
import { conversation, message } from "./rows";

const none = { ids: [], more: false };
vi.mock("../src/actions", () => ({
  theApi: () => ({ waiting: async () => ({ data: { unread: none, handoff: none } }) }),
}));
vi.mock("../src/parent/height", () => ({ tellHeight: () => () => {} }));

const told: string[] = [];
let stop = () => {};
let rev = 0;
const row = (id: string, mode: "handoff" | null) => conversation({ id, mode, rev: String(++rev) });
const write = (id: string, secondsAgo: number) =>
  message({ id, timestamp: new Date(Date.now() - secondsAgo * 1000).toISOString() });
const catchUp = (...ids: [string, number][]) =>
  applyChanges({
    conversations: [row("a", "handoff")],
    messages: ids.map(([id, secondsAgo]) => write(id, secondsAgo)),
    removed: [],
    reset: false,
    cursor: "1",
  });

beforeEach(async () => {
  vi.useFakeTimers({ now: new Date("2026-01-01T10:00:00Z") });
  told.length = 0;
  dispatch({ type: "reset" });
  applyChanges({ conversations: [row("a", null)], messages: [], removed: [], reset: false, cursor: "0" });
  session.value = { embed: { id: "1" }, cursor: "0" } as Session;
  stop = startTelling((said: FromInbox) => {
    if (said.type === "message-received") told.push(said.message_id);
    else if (said.type === "handoff-requested") told.push(`handoff ${said.conversation_id}`);
  });
  await vi.advanceTimersByTimeAsync(0);
});

afterEach(() => {
  stop();
  vi.useRealTimers();
});

test("after an hour's sleep only what is at most a minute old is told", () => {
  vi.setSystemTime(Date.now() + 3_600_000);
  catchUp(["old", 3_000], ["new", 50]);
  expect(told).toEqual(["new"]);
  catchUp(["new", 50]);
  expect(told).toEqual(["new"]);
});

test("what a catch-up brings half a minute after the last is news, and so is every push", () => {
  vi.setSystemTime(Date.now() + 30_000);
  catchUp(["missed", 20]);
  expect(told).toEqual(["handoff a", "missed"]);
  vi.setSystemTime(Date.now() + 3_600_000);
  applyEvents([
    {
      type: "message.created",
      conversation: row("b", "handoff"),
      message: { ...write("late", 900), conversation_id: "b" },
    },
  ]);
  expect(told.slice(2)).toEqual(["handoff b", "late"]);
});

test("what waits when the inbox is loaded anew is no news", async () => {
  dispatch({ type: "reset" });
  session.value = { ...(session.value as Session) };
  await vi.advanceTimersByTimeAsync(0);
  dispatch({ type: "rows", conversations: [row("a", null)] });
  expect(told).toEqual([]);
});
