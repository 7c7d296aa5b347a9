import fc from "fast-check";
import { expect, test } from "vitest";
import { filterQuery, isFiltered, noFilters, parseFilters } from "../src/filters";

const parse = (query: string) => parseFilters(new URLSearchParams(query));
const number = "0197f0a0-1111-7111-8111-0123456789ab";

test("an address without parameters shows the active conversations", () => {
  expect(parse("")).toEqual(noFilters);
});

test("parameters are read tolerantly", () => {
  expect(
    parse(`status=Ended&unread=TRUE&handoff=1&search=%20ana%20&whatsapp_config_id=${number.toUpperCase()}`),
  ).toEqual({
    status: "ended",
    unread: true,
    handoff: true,
    search: "ana",
    whatsappConfigId: number,
  });
  expect(parse("status=open&unread=yes&handoff=0&whatsapp_config_id=5")).toEqual(noFilters);
});

test("a filter survives the address, and parameters of others stay", () => {
  const filters = { status: "all", unread: true, handoff: true, search: "a b", whatsappConfigId: number } as const;
  const query = filterQuery(filters, new URLSearchParams("mode=dark&status=ended"));
  expect(query.get("mode")).toBe("dark");
  expect(parseFilters(query)).toEqual(filters);
  expect(filterQuery(noFilters, query).toString()).toBe("mode=dark");
});

test("whatever stands in an address, it is a filter that survives the address", () => {
  const name = fc.constantFrom("status", "search", "whatsapp_config_id", "unread", "handoff", "mode", "x");
  const value = fc.oneof(
    fc.constantFrom("1", "TRUE", "ended", "All", "all", number, ""),
    fc.string({ unit: "binary" }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), (pairs) => {
      const filters = parseFilters(new URLSearchParams(pairs));
      expect(["active", "ended", "all"]).toContain(filters.status);
      expect(parseFilters(filterQuery(filters))).toEqual(filters);
      expect(isFiltered(filters)).toBe(filterQuery(filters).size > 0);
    }),
  );
});
