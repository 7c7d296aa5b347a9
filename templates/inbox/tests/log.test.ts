import fc from "fast-check";
import { expect, test } from "vitest";
import { inDays } from "../src/days";
import { type Log, logOf, type Source } from "../src/log";
import { bySentAt } from "../src/sorted";
import { timeline } from "../src/timeline";
import type { Message } from "../src/types";
import { message, outgoing } from "./rows";

/** Everything anew, but for the parts of before that are still the same. */
const anew = ({ conversationId, messages, outgoing, unreadFrom, user, loaded }: Source, before: Log | null) =>
  inDays(timeline(conversationId, messages, outgoing, unreadFrom, user), loaded, before?.days ?? []);

const row = fc
  .record({
    id: fc.nat(40),
    hours: fc.nat(150),
    conversation_id: fc.constantFrom("a", "a", "a", "z"),
    direction: fc.constantFrom("inbound" as const, "outbound" as const),
    answers: fc.option(fc.nat(40)),
    rev: fc.nat(9).map(String),
  })
  .map(({ id, hours, answers, ...values }) => {
    const quoted = { direction: "inbound" as const, type: "text", preview: "", sent_by: null, deleted: false };
    const context = answers === null ? null : { message_id: "w", message: { ...quoted, id: `m${answers}` } };
    const timestamp = new Date(Date.UTC(2026, 0, 1) + hours * 3_600_000).toISOString();
    return message({ id: `m${id}`, timestamp, context, ...values });
  });

/** What comes next: rows that come or change, one that goes, whether all are shown, what waits, where unread begins. */
const step = fc.record({
  rows: fc.array(row, { maxLength: 3 }),
  gone: fc.option(fc.nat(40)),
  hidden: fc.constantFrom(0, 0, 0, 2),
  replies: fc.nat(2),
  unreadFrom: fc.constantFrom(null, null, null, "m3"),
});

test("a log that follows each change is what it would be if all of it were made anew", () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 40 }), fc.array(step, { maxLength: 8 }), (first, steps) => {
      const loaded = new Map<string, Message>();
      let log: Log | null = null;
      for (const { rows, gone, hidden, replies, unreadFrom } of [
        { rows: first, gone: null, hidden: 0, replies: 0, unreadFrom: null },
        ...steps,
      ]) {
        for (const one of rows) loaded.set(one.id, one);
        loaded.delete(`m${gone}`);
        const source: Source = {
          conversationId: "a",
          messages: [...loaded.values()].sort(bySentAt).slice(hidden),
          outgoing: Array.from({ length: replies }, (_, index) => outgoing({ client_id: `x${index}` })),
          unreadFrom,
          user: null,
          loaded: new Map(loaded),
        };
        const expected = anew(source, log);
        const next: Log = logOf(source, log);
        expect(next.days).toEqual(expected);
        const kept = new Set(log?.days.flatMap((day) => day.parts));
        const made = (days: Log["days"]) => days.flatMap((day) => day.parts.map((part) => !kept.has(part)));
        expect(made(next.days)).toEqual(made(expected));
        log = next;
      }
    }),
  );
});

test("a message at the end of a long thread leaves the days before as they are", () => {
  const rows = Array.from({ length: 300 }, (_, index) =>
    message({ id: `m${index}`, timestamp: new Date(Date.UTC(2026, 0, 1) + index * 3_600_000).toISOString() }),
  );
  const source = { conversationId: "a", outgoing: [], unreadFrom: null, user: null, loaded: new Map() };
  const before = logOf({ ...source, messages: rows.slice(0, -1) }, null);
  const { days } = logOf({ ...source, messages: rows }, before);
  expect(days.slice(0, -1).every((day, index) => day === before.days[index])).toBe(true);
  expect(days.at(-1)).not.toBe(before.days.at(-1));
});
