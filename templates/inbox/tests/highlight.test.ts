import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { highlight } from "../src/highlight";
import { fold, holds, isNamed, readSearch } from "../src/search";
import { conversation } from "./rows";

/** The hits in brackets. */
const inName = (text: string, search: string) => bracketed(text, readSearch(search).contained);
const inMessage = (text: string, search: string) => bracketed(text, readSearch(search).begun);
const bracketed = (text: string, pattern: RegExp | null) =>
  highlight(text, pattern)
    .map(([part, hit]) => (hit ? `[${part}]` : part))
    .join("");

const pieces = fc.constantFrom(
  "a",
  "b",
  "e\u0301",
  "é",
  "É",
  "ß",
  "ﬁ",
  "İ",
  "Σ",
  "ς",
  " ",
  "-",
  "أ",
  "ل",
  "\u0651",
  "が",
  "한",
  "👩\u200d🔧",
  "<b>",
  "$",
  "\\",
  "(",
  "\u202e",
  "\u0300",
);
const text = fc.oneof(
  fc.array(pieces).map((all) => all.join("")),
  fc.string({ unit: "binary" }),
);

describe("what is marked", () => {
  test.each([
    ["José García", "garcia", "José [García]"],
    ["Jose\u0301", "JOSÉ", "[Jose\u0301]"],
    ["JOSÉ y José", "jose", "[JOSÉ] y [José]"],
    ["Große Straße", "strasse", "Große [Straße]"],
    ["Straße", "stras", "[Straß]e"],
    ["ΟΔΟΣ", "οδος", "[ΟΔΟΣ]"],
    ["Łukasz", "luk", "[Łuk]asz"],
    ["مُحَمَّد علي", "محمد", "[مُحَمَّد] علي"],
    ["أحمد", "احمد", "[أحمد]"],
    ["+5215555550100", "+52 (155) 5555-01", "+[52155555501]00"],
    ["a.b [c] $& \\d", ".b [c] $&", "a[.b [c\\] $&] \\d".replace("\\]", "]")],
    ["Ana", "", "Ana"],
    ["", "ana", ""],
  ])("in the name %s by %s", (name, search, shown) => {
    expect(inName(name, search)).toBe(shown);
  });

  test.each([
    ["The green tent", "tent gre", "The [gre]en [tent]"],
    ["patent tents", "tent", "patent [tent]s"],
    ["É bom. É", "bom e", "É [bom]. É"],
    ["Straßenbahn", "strass", "[Straß]enbahn"],
    ["tent tented", "tent tented", "[tent] [tented]"],
    ["order_update", "update", "order_[update]"],
    ["<mark>x</mark>", "mark", "<[mark]>x</[mark]>"],
  ])("in the message %s by %s", (message, search, shown) => {
    expect(inMessage(message, search)).toBe(shown);
  });

  test("is only marked: the pieces are the text, whatever it holds, and every hit is what was sought", () => {
    fc.assert(
      fc.property(text, text, (text, search) => {
        const { contained, begun, needle, digits, words } = readSearch(search);
        for (const [pattern, sought] of [
          [contained, [needle, digits]],
          [begun, words],
        ] as const) {
          const parts = highlight(text, pattern);
          expect(parts.map(([part]) => part).join("")).toBe(text);
          for (const [part, hit] of parts)
            expect(part !== "" && (!hit || sought.some((one) => one !== "" && fold(part).includes(one)))).toBe(true);
        }
      }),
    );
  });

  test("is found wherever it stands, in any case and with any accents", () => {
    const spelling = fc.constantFrom("José", "jose", "JOSE\u0301", "JoSÉ");
    fc.assert(
      fc.property(
        spelling,
        spelling,
        fc.string({ unit: fc.constantFrom("x", " ", "é", "ß", "أ") }),
        (written, typed, around) => {
          expect(inName(`${around}${written}${around}`, typed)).toBe(`${around}[${written}]${around}`);
        },
      ),
    );
  });
});

test("a contact answers by any of its names and by its number, however that is written", () => {
  const { contact } = conversation({ id: "a" });
  const zoe = { ...contact, name: "VIP", profile_name: "Zoë", saved_name: "Bauer, Z.", username: "zoe.b" };
  for (const search of ["vip", "ZOE", "bauer, z", "zoe.b", "5555-0100", "+52 (155)"])
    expect(isNamed(zoe, readSearch(search)), search).toBe(true);
  for (const search of ["zoa", "vip zoe", "99", "+1 ana"]) expect(isNamed(zoe, readSearch(search)), search).toBe(false);
});

test("a message answers when it holds every word, each as the beginning of one", () => {
  for (const search of ["green", "TENT gre", "tént"])
    expect(holds("The green tents", readSearch(search)), search).toBe(true);
  for (const search of ["", "g", "reen", "green blue", "&|!"])
    expect(holds("The green tents", readSearch(search)), search).toBe(false);
});
