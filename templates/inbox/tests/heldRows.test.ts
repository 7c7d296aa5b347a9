import fc from "fast-check";
import { expect, test } from "vitest";
import { inHeldPlaces } from "../src/heldRows";

const rows = (ids: string) => [...ids].map((id) => ({ id }));
const held = (now: string, before: string) =>
  inHeldPlaces(rows(now), rows(before))
    .map(({ id }) => id)
    .join("");

test.each([
  ["cabd", "abcd", "abcd", "a push moved one to the top"],
  ["xabc", "abc", "abc", "a new one waits"],
  ["abcde", "abc", "abcde", "more of the list was loaded below"],
  ["cabde", "abc", "abcde", "both at once"],
  ["ac", "abc", "ac", "one is gone"],
  ["", "abc", "", "all are gone"],
  ["xyz", "", "xyz", "there was nothing to hold"],
])("of %s where %s was held there is shown %s: %s", (now, before, shown) => {
  expect(held(now, before)).toBe(shown);
});

test("no row is there twice, none that was shown and still exists is missing, and all of them are today's", () => {
  const some = fc.uniqueArray(fc.constantFrom(..."abcdefgh")).map((ids) => ids.map((id) => ({ id })));
  fc.assert(
    fc.property(some, some, (now, before) => {
      const shown = inHeldPlaces(now, before);
      expect(new Set(shown).size).toBe(shown.length);
      expect(shown.every((row) => now.includes(row))).toBe(true);
      const kept = before.flatMap(({ id }) => now.find((row) => row.id === id) ?? []);
      expect(shown.slice(0, kept.length)).toEqual(kept);
    }),
  );
});
