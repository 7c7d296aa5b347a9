import fc from "fast-check";
import { expect, test } from "vitest";
import { beginning, countEmoji } from "../src/text";

test("one to three emoji and nothing else are counted", () => {
  expect(["👍", " ❤️ ", "👩🏽‍💻🇩🇪", "1️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿\n😂"].map(countEmoji)).toEqual([1, 1, 2, 3]);
});

test("what only has to do with emoji is text", () => {
  const signs = [
    "",
    " ",
    "1",
    "12",
    "#",
    "©",
    "™",
    "🇩",
    "a👍",
    "👍👍👍👍",
    "👍!",
    "❤",
    "\ufe0f",
    "\u200d",
    "😀".concat("\u0301".repeat(60)),
  ];
  expect(signs.filter((text) => countEmoji(text) > 0)).toEqual([]);
  expect(countEmoji("👨‍".repeat(1000))).toBe(0);
});

test("a long text begins with a part of it that no letter is torn by, and a short one is whole", () => {
  expect(beginning("a".repeat(1500))).toBeNull();
  expect(beginning("a\n".repeat(29))).toBeNull();
  expect(beginning("a\n".repeat(60))?.split("\n")).toHaveLength(20);
  expect(beginning("😀".repeat(3000))).toBe("😀".repeat(500));
  expect(beginning(`b${"😀".repeat(3000)}`)).toBe(`b${"😀".repeat(499)}`);
  expect(beginning("word ".repeat(1000))?.endsWith("word")).toBe(true);
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", " ", "\n", "😀"), minLength: 1501, maxLength: 4000 }),
      (text) => {
        const start = beginning(text) ?? "";
        expect(text.startsWith(start)).toBe(true);
        expect(start.length).toBeLessThanOrEqual(1000);
      },
    ),
  );
});
