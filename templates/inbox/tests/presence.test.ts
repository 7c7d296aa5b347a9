import { afterEach, expect, test } from "vitest";
import { loadLanguage } from "../src/i18n";
import { hear, people, presenceText } from "../src/presence";
import type { Presence } from "../src/types";

const ana = { id: "1", name: "Ana" };
const ben = { id: "2", name: "Ben" };

function told(viewer: string, values: Partial<Presence> = {}): Presence {
  const conversation_id = "11111111-1111-4111-8111-111111111111";
  return { type: "presence", conversation_id, viewer, user: null, state: "viewing", hello: false, ...values };
}

const words = (...presences: Presence[]) =>
  presenceText(people(hear(new Map(), presences, 0), null, 0)).replace(/[\u2068\u2069]/g, "");

afterEach(() => loadLanguage("en"));

test("those who look are named, and those who reply come before them", () => {
  expect(words()).toBe("");
  expect(words(told("a", { user: ana }))).toBe("Ana is looking at this too");
  expect(words(told("a", { user: ana }), told("b", { user: ben }))).toBe("Ana and Ben are looking at this too");
  expect(words(told("a", { user: ana }), told("b", { user: ben, state: "typing" }))).toBe("Ben is replying…");
  expect(words(told("a", { user: ana, state: "typing" }), told("b", { user: ben, state: "typing" }))).toBe(
    "Ana and Ben are replying…",
  );
});

test("of many one is named, and nobody without a name is", () => {
  const nameless = ["x", "y"].map((viewer) => told(viewer));
  expect(words(told("x"))).toBe("A colleague is looking at this too");
  expect(words(...nameless)).toBe("A colleague and 1 other are looking at this too");
  expect(words(told("x"), told("a", { user: ana }))).toBe("Ana and 1 other are looking at this too");
  expect(words(...nameless, told("a", { user: ana }))).toBe("Ana and 2 others are looking at this too");
});

test("somebody goes, or is not heard of any more", () => {
  const here = hear(new Map(), [told("a", { user: ana }), told("b", { user: ben })], 1_000);
  expect(people(hear(here, [told("a", { state: "gone" })], 2_000), null, 2_000).map(({ user }) => user)).toEqual([ben]);
  const refreshed = hear(here, [told("b", { user: ben })], 31_000);
  expect(people(refreshed, null, 60_999)).toHaveLength(2);
  expect(people(refreshed, null, 61_000).map(({ user }) => user)).toEqual([ben]);
  expect(people(refreshed, null, 91_000)).toEqual([]);
});

test("the last word of a page counts", () => {
  const typing = hear(new Map(), [told("a", { user: ana, state: "typing" })], 0);
  expect(people(typing, null, 0)).toMatchObject([{ typing: true }]);
  expect(people(hear(typing, [told("a", { user: ana })], 0), null, 0)).toMatchObject([{ typing: false }]);
});

test("a person with two pages is one person, and the reader's own other page is nobody", () => {
  const pages = [told("a", { user: ana, state: "typing" }), told("a2", { user: ana }), told("b", { user: ben })];
  const others = hear(new Map(), pages, 0);
  expect(people(others, null, 0)).toMatchObject([{ user: ana, typing: true }, { user: ben }]);
  expect(people(others, ana, 0)).toMatchObject([{ user: ben }]);
  expect(people(others, { id: "1", name: "Another Ana" }, 0)).toHaveLength(2);
});

test("every language has words for one, two and more", async () => {
  for (const language of ["en", "es", "pt", "fr", "de", "ar"]) {
    await loadLanguage(language);
    for (const state of ["viewing", "typing"] as const) {
      const viewers = [told("a", { user: ana, state }), told("b", { user: ben, state }), told("c", { state })];
      for (const count of [1, 2, 3]) {
        const text = words(...viewers.slice(0, count));
        expect(text).toContain("Ana");
        expect(text).not.toMatch(/[{}]/);
        expect(text.includes("Ben")).toBe(count === 2);
      }
    }
  }
});
