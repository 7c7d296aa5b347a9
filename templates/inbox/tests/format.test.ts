import { afterAll, expect, test } from "vitest";
import { initials, listTime, phone, pick, wholeNumber } from "../src/format";
import { loadLanguage, locale, t } from "../src/i18n";

const now = new Date(2026, 4, 20, 15, 0);
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString();
const day = 24 * 60;

afterAll(() => loadLanguage("en"));

test.each([
  ["en", "yesterday", "Mon", "May 1", "Dec 31, 2025"],
  ["en-GB", "yesterday", "Mon", "1 May", "31 Dec 2025"],
  ["es", "ayer", "lun", "1 may", "31 dic 2025"],
  ["pt-BR", "ontem", "seg.", "1 de mai.", "31 de dez. de 2025"],
  ["fr", "hier", "lun.", "1 mai", "31 déc. 2025"],
  ["de", "gestern", "Mo", "1. Mai", "31. Dez. 2025"],
  ["ar", "أمس", "الاثنين", "1 مايو", "31 ديسمبر 2025"],
])("times in %s", async (language, ...expected) => {
  await loadLanguage(language);
  const dates = [ago(day), ago(2 * day), new Date(2026, 4, 1), new Date(2025, 11, 31)];
  expect(dates.map((date) => listTime(new Date(date).toISOString(), now))).toEqual(expected);
});

test.each([
  "en",
  "es",
  "pt",
  "fr",
  "de",
  "ar",
])("numbers and plurals in %s are those of the language", async (language) => {
  await loadLanguage(language);
  expect(wholeNumber(12345)).toBe(new Intl.NumberFormat(language).format(12345));
  const words = [1, 2, 3, 11, 100].map((count) => t("list.unread", { count }));
  expect(new Set(words).size).toBe(5);
  expect(words[4]).toContain(wholeNumber(100));
});

test("a language that we do not have falls back to English, whatever it is", async () => {
  for (const wanted of ["xx", "", "zh-Hant", "e", "__proto__", "constructor"]) {
    await loadLanguage(wanted);
    expect([locale, t("list.title")]).toEqual(["en", "Inbox"]);
  }
});

test.each([
  ["Ana Lucía Pérez", "AP"],
  ["ana", "A"],
  ["élodie", "É"],
  ["محمد علي", "مع"],
  ["李 小龙", "李小"],
  ["+5215555550100", ""],
  ["👩‍🔧 🎉", ""],
  ["\u202e\u0300\u0300", ""],
  ["<b>x</b>", "BB"],
])("the initials of %s are %s", (name, shown) => {
  expect(initials(name)).toBe(shown);
});

test("a colour is steady, and a number that can be dialled has its plus", () => {
  expect([pick("a", 8), pick("a", 8), pick("b", 8)]).toEqual([1, 1, 2]);
  expect([phone("5215555550100"), phone("+1 555"), phone("US.123")]).toEqual(["+5215555550100", "+1 555", "US.123"]);
});
