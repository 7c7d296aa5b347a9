import fc from "fast-check";
import { expect, test } from "vitest";
import { RowMap } from "../src/rowMap";

const ids = Array.from({ length: 30 }, (_, index) => `row-${index}`);
const step = fc.record({
  set: fc.array(fc.record({ id: fc.constantFrom(...ids), rev: fc.nat() })),
  gone: fc.subarray(ids, { maxLength: 5 }),
});

test("a changed copy has what a map would have, and what it was copied from stays as it was", () => {
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      let rows = new RowMap<{ id: string; rev: number }>();
      const map = new Map<string, { id: string; rev: number }>();
      const seen = (from: RowMap<{ id: string; rev: number }>) => ids.map((id) => from.get(id));
      for (const { set, gone } of steps) {
        const [before, was] = [rows, seen(rows)];
        rows = rows.with(set).without(gone);
        for (const row of set) map.set(row.id, row);
        for (const id of gone) map.delete(id);
        expect(seen(rows)).toEqual(ids.map((id) => map.get(id)));
        expect(ids.map((id) => rows.has(id))).toEqual(ids.map((id) => map.has(id)));
        expect(seen(before)).toEqual(was);
      }
    }),
  );
});
