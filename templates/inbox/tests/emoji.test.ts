import { beforeEach, describe, expect, test, vi } from "vitest";
import { columns, step } from "../src/emoji/grid";
import { findEmojis } from "../src/emoji/search";

/** The emoji as a page in a language has them. */
async function emojisIn(language: string) {
  const { loadLanguage } = await import("../src/i18n");
  await loadLanguage(language);
  return import("../src/emoji/emojis");
}

beforeEach(() => vi.resetModules());

describe.each([
  ["en", "thumbs", "Germany", "man, red hair"],
  ["es", "pulgar", "Alemania", "hombre y pelo pelirrojo"],
  ["pt", "polegar", "Alemanha", "homem e cabelo vermelho"],
  ["fr", "pouce", "Allemagne", "homme et cheveux roux"],
  ["de", "daumen", "Deutschland", "Mann, rotes Haar"],
  ["ar", "إبهام", "ألمانيا", ""],
])("in %s", (language, thumb, germany, redhead) => {
  test("every emoji has a name, flags and hair too, and is found by its words", async () => {
    const { allEmojis, emojiGroups } = await emojisIn(language);
    expect(emojiGroups).toHaveLength(9);
    const unnamed = [...allEmojis.values()].filter(({ name }) => !/[\p{Letter}\p{Number}#*]/u.test(name));
    expect(unnamed.map(({ text }) => text)).toEqual([]);
    expect(allEmojis.get("🇩🇪")?.name).toBe(germany);
    if (redhead) expect(allEmojis.get("👨‍🦰")?.name).toBe(redhead);
    expect(findEmojis(allEmojis.values(), thumb).map(({ text }) => text)).toContain("👍");
    expect(findEmojis(allEmojis.values(), "scotland").map(({ text }) => text)).toEqual(["🏴󠁧󠁢󠁳󠁣󠁴󠁿"]);
    expect(findEmojis(allEmojis.values(), " ")).toEqual([]);
  });
});

test("a search takes the beginnings of words in any order, without accents, the best find first", async () => {
  const { allEmojis } = await emojisIn("fr");
  const found = (sought: string) => findEmojis(allEmojis.values(), sought).map(({ text }) => text);
  expect(found("COEUR roug")).toContain("❤️");
  expect(found("etoi")).toContain("⭐");
  expect(found("chat").slice(0, 20)).toContain("🐈");
});

test("a tone stands behind each person, and changes nothing else", async () => {
  const { inTone } = await emojisIn("en");
  expect(["👍", "🧑‍💻", "👩‍❤️‍👨", "☝️", "😀", "👯"].map((emoji) => inTone(emoji, "🏽"))).toEqual([
    "👍🏽",
    "🧑🏽‍💻",
    "👩🏽‍❤️‍👨🏽",
    "☝🏽",
    "😀",
    "👯",
  ]);
  expect(inTone("👍", "")).toBe("👍");
});

test("the arrow keys go from line to line and stop at the ends", () => {
  const sizes = [columns + 2, 1, 3];
  expect(step(sizes, 0, "ArrowUp", false)).toBe(-1);
  expect(step(sizes, 5, "ArrowDown", false)).toBe(columns + 1);
  expect(step(sizes, columns + 1, "ArrowDown", false)).toBe(columns + 2);
  expect(step(sizes, columns + 2, "ArrowDown", false)).toBe(columns + 3);
  expect(step(sizes, columns + 5, "ArrowDown", false)).toBe(columns + 5);
  expect(step(sizes, columns + 5, "ArrowUp", false)).toBe(columns + 2);
  expect([step(sizes, 1, "ArrowLeft", false), step(sizes, 1, "ArrowLeft", true)]).toEqual([0, 2]);
  expect(step(sizes, 1, "End", false)).toBe(columns + 5);
  expect(step(sizes, 1, "a", false)).toBeUndefined();
});
