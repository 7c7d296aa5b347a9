import fc from "fast-check";
import { expect, test } from "vitest";
import { isShort, mostWaiting, moved, queuesOf } from "../src/parent/waiting";
import { emptyInbox, type Inbox, reduce } from "../src/reducer";
import type { Conversation } from "../src/types";
import { conversation } from "./rows";

const none = { ids: [], more: false };

/** What becomes of one of five conversations. */
const happening = fc.record({
  id: fc.constantFrom("a", "b", "c", "d", "e"),
  unread_count: fc.constantFrom(0, 1, 7),
  status: fc.constantFrom("active", "ended"),
  mode: fc.constantFrom(null, "running", "handoff"),
  removed: fc.integer({ min: 0, max: 5 }).map((number) => number === 0),
}) satisfies fc.Arbitrary<Partial<Conversation> & { removed: boolean }>;

const waits = {
  unread: (row: Conversation) => row.status === "active" && row.unread_count > 0,
  handoff: (row: Conversation) => row.status === "active" && row.mode === "handoff",
};

function named(rows: ReadonlyMap<string, Conversation>, kind: keyof typeof waits): string[] {
  return [...rows.values()].flatMap((row) => (waits[kind](row) ? row.id : [])).sort();
}

test("whatever happens after the server was asked, the queues are what it would say now", () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 8 }), fc.array(happening, { maxLength: 12 }), (before, after) => {
      const server = new Map<string, Conversation>();
      let inbox: Inbox = emptyInbox;
      let rev = 0;
      const happen = ({ removed, ...values }: (typeof before)[number]) => {
        const row = conversation({ ...values, rev: String(++rev) });
        if (removed) server.delete(row.id);
        else server.set(row.id, row);
        return removed ? { removed: [{ conversation_id: row.id, rev: row.rev }] } : { conversations: [row] };
      };
      before.forEach(happen); // the page knows nothing of these
      const answer = (kind: keyof typeof waits) => ({ ids: named(server, kind), more: false });
      let queues = queuesOf({ unread: answer("unread"), handoff: answer("handoff") });
      for (const one of after) {
        inbox = reduce(inbox, { type: "rows", ...happen(one) });
        queues = moved(queues, inbox);
        for (const kind of ["unread", "handoff"] as const)
          expect([...queues[kind].ids].sort()).toEqual(named(server, kind));
      }
      expect(moved(queues, inbox)).toBe(queues);
    }),
  );
});

test("only where the server named too few, it has to be asked again", () => {
  const ids = Array.from({ length: mostWaiting }, (_, index) => `${index}`);
  const full = queuesOf({ unread: { ids, more: true }, handoff: none });
  expect(isShort(full.unread)).toBe(false);
  const inbox = reduce(emptyInbox, { type: "rows", conversations: [conversation({ id: "0", unread_count: 0 })] });
  expect(isShort(moved(full, inbox).unread)).toBe(true);
  expect(isShort(queuesOf({ unread: none, handoff: none }).unread)).toBe(false);
});
