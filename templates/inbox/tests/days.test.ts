import { expect, test } from "vitest";
import { type Day, farFrom, inDays } from "../src/days";
import { bySentAt } from "../src/sorted";
import { timeline } from "../src/timeline";
import type { Message } from "../src/types";
import { message } from "./rows";

/** As mixed as those of the server. */
const idOf = (index: number) => `${((index * 2_654_435_761) >>> 0).toString(16).padStart(8, "0")}-m-${index}`;

/** Ten minutes apart, so that there are some days and several parts in each. */
const row = (index: number, values: Partial<Message> = {}) => {
  const timestamp = new Date(Date.UTC(2026, 0, 1) + index * 600_000).toISOString();
  return message({ id: idOf(index), timestamp, ...values });
};
const rows = Array.from({ length: 600 }, (_, index) => row(index + 100));

const daysOf = (messages: readonly Message[], before: readonly Day[] = []) => {
  const loaded = new Map(messages.map((one) => [one.id, one]));
  return inDays(timeline("a", messages.toSorted(bySentAt), [], null, null), loaded, before);
};
const parts = (days: readonly Day[]) => days.flatMap((day) => day.parts);
const fresh = (days: readonly Day[], before: readonly Day[]) => {
  const known = new Set(parts(before));
  return parts(days).filter((part) => !known.has(part));
};
const words = (days: readonly Day[]) =>
  parts(days).flatMap((part) => part.items.flatMap((item) => (item.kind === "message" ? item.message.id : [])));

const whole = daysOf(rows);

test("parts hold every message once, in order, and none of them many", () => {
  expect(words(whole)).toEqual(rows.map(({ id }) => id));
  expect(Math.max(...parts(whole).map(({ items }) => items.length))).toBeLessThan(200);
  expect(parts(whole).length).toBeGreaterThan(whole.length);
});

test("what one person writes in one go is several parts too, and an album of it one", () => {
  const burst = (type: string) =>
    Array.from({ length: 600 }, (_, index) =>
      message({ id: idOf(index), type, timestamp: new Date(Date.UTC(2026, 0, 1) + index * 1_000).toISOString() }),
    );
  expect(parts(daysOf(burst("text"))).length).toBeGreaterThan(3);
  expect(parts(daysOf(burst("image"))).length).toBe(1);
});

test("what has not changed is the very same, day by day", () => {
  const again = daysOf(rows, whole);
  expect(again.every((day, index) => day === whole[index])).toBe(true);
});

test.each([
  ["a push", [...rows, row(700)]],
  ["a late message", [...rows, row(300, { id: "late", direction: "outbound" })]],
  ["a change of a message", rows.map((one, index) => (index === 300 ? { ...one, status: "read" as const } : one))],
  ["a message that was put away", rows.filter((_, index) => index !== 300)],
])("%s changes the part that it falls into, and perhaps the next", (_, messages) => {
  const changed = fresh(daysOf(messages, whole), whole).length;
  expect(changed).toBeGreaterThan(0);
  expect(changed).toBeLessThan(3);
});

test("a page of older messages changes the first part only, which keeps its key", () => {
  const older = Array.from({ length: 50 }, (_, index) => row(index + 50));
  const days = daysOf([...older, ...rows], whole);
  const kept = new Set(parts(whole));
  expect(parts(days).filter((part) => kept.has(part)).length).toBeGreaterThanOrEqual(kept.size - 1);
  const keys = parts(days).map(({ key }) => key);
  expect(keys).toEqual(expect.arrayContaining(parts(whole).map(({ key }) => key)));
  expect(new Set(keys).size).toBe(keys.length);
});

test("an edit of a quoted message changes the part of the quote too", () => {
  const quote = {
    id: idOf(110),
    direction: "inbound" as const,
    type: "text",
    preview: "hi",
    sent_by: null,
    deleted: false,
  };
  const answer = row(701, { context: { message_id: "wamid.quoted", message: quote } });
  const before = daysOf([...rows, answer]);
  const edited = [...rows.map((one) => (one.id === idOf(110) ? { ...one, rev: "2" } : one)), answer];
  const changed = fresh(daysOf(edited, before), before);
  expect(changed.flatMap(({ quoted }) => quoted.map((one) => one?.rev))).toEqual(["2"]);
});

test("only what is near the place that a thread opens at is drawn at once", () => {
  const far = farFrom(whole, idOf(300));
  const drawn = parts(whole).filter(({ key }) => !far.has(key));
  const ids = drawn.flatMap((part) => part.items.flatMap((item) => (item.kind === "message" ? item.message.id : [])));
  expect(ids).toContain(idOf(300));
  expect(ids).toContain(idOf(340));
  expect(ids).not.toContain(idOf(600));
  expect(farFrom(whole, null).has(parts(whole).at(-1)?.key ?? "")).toBe(false);
});
