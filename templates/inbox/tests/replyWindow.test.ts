import { expect, test } from "vitest";
import { replyState } from "../src/replyWindow";
import { conversation } from "./rows";

const now = new Date("2026-01-01T12:00:00Z");
const state = (values: Partial<Parameters<typeof conversation>[0]>) =>
  replyState(conversation({ id: "a", window_expires_at: "2026-01-01T20:00:00Z", ...values }), now);

test("a reply may be written while the window is open, which is counted down to the last minute begun", () => {
  expect(state({})).toEqual({ open: true, minutesLeft: 480 });
  expect(state({ window_expires_at: "2026-01-01T13:00:01Z" })).toEqual({ open: true, minutesLeft: 61 });
  expect(state({ window_expires_at: "2026-01-01T12:00:30Z" })).toEqual({ open: true, minutesLeft: 1 });
  expect(state({ mode: "handoff" })).toMatchObject({ open: true });
  expect(state({ mode: "failed" })).toMatchObject({ open: true });
});

test("whatever closes the composer is said", () => {
  expect(state({ status: "ended" })).toEqual({ open: false, reason: "composer.ended" });
  expect(state({ mode: "running" })).toEqual({ open: false, reason: "composer.running" });
  expect(state({ window_expires_at: null })).toEqual({ open: false, reason: "composer.unopened" });
  expect(state({ window_expires_at: "2026-01-01T12:00:00Z" })).toEqual({ open: false, reason: "composer.closed" });
});
