import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Block, parseBlocks, parseRich, plainText, type Rich } from "../src/richtext";

const text = fc.string({ unit: fc.constantFrom(..."ab *_~`.\n(/:w@>-1é👍", "https://a.b", "```"), maxLength: 60 });

/** Code is between one backtick or three. */
const bare = (value: string) => value.replaceAll("`", "");

/** What was parsed, with its signs. */
const source = (parts: Rich[]): string =>
  parts
    .map((part) => {
      if (typeof part === "string") return part;
      if ("href" in part) return part.text;
      const sign = { strong: "*", em: "_", s: "~", code: "`" }[part.mark];
      return sign + source(part.content) + sign;
    })
    .join("");

const lines = (block: Block): string => {
  switch (block.kind) {
    case "code":
      return block.text;
    case "bullets":
      return block.items.map(source).join("\n");
    case "numbers":
      return block.items.map(({ number, content }) => `${number}. ${source(content)}`).join("\n");
    default:
      return source(block.content);
  }
};

describe("WhatsApp's formatting", () => {
  test("marks words, and may nest", () => {
    expect(parseRich("a *b _c_* d")).toEqual([
      "a ",
      { mark: "strong", content: ["b ", { mark: "em", content: ["c"] }] },
      " d",
    ]);
    expect(parseRich("~no~ `*raw*`")).toEqual([
      { mark: "s", content: ["no"] },
      " ",
      { mark: "code", content: ["*raw*"] },
    ]);
  });

  test("is gone from a text in one line", () => {
    expect(plainText("a *b _c_* https://a.example/x_y_z `d`")).toBe("a b c https://a.example/x_y_z d");
  });

  test("leaves signs alone that are no marks", () => {
    for (const text of ["2*3*4", "snake_case_name", "* a *", "**", "a * b", "~", "*a\nb*"])
      expect(parseRich(text)).toEqual([text]);
  });

  test("of crossing and unclosed marks takes the one that closes first", () => {
    expect(parseRich("*a _b* c_")).toEqual([{ mark: "strong", content: ["a _b"] }, " c_"]);
    expect(parseRich("_a *b* c")).toEqual(["_a ", { mark: "strong", content: ["b"] }, " c"]);
    expect(parseRich("*a *b*")).toEqual([{ mark: "strong", content: ["a *b"] }]);
    expect(parseRich("```*a*\nb``` `c")).toEqual([{ mark: "code", content: ["*a*\nb"] }, " `c"]);
  });

  test("leaves an address alone, and within code nothing is one", () => {
    expect(parseRich("_see https://a.example/x_y ok_")).toEqual([
      { mark: "em", content: ["see ", { href: "https://a.example/x_y", text: "https://a.example/x_y" }, " ok"] },
    ]);
    expect(parseRich("`https://a.example`")).toEqual([{ mark: "code", content: ["https://a.example"] }]);
  });

  test("gives back every text to the letter, in its order", () => {
    fc.assert(
      fc.property(text, (text) => {
        expect(bare(source(parseRich(text)))).toBe(bare(text));
      }),
    );
  });
});

describe("lines", () => {
  test("that begin alike are a list or a quote", () => {
    expect(parseBlocks("Buy:\n- *milk*\n* bread\n1. first\n3. third\n> said\n> so\nok")).toEqual([
      { kind: "text", content: ["Buy:"] },
      { kind: "bullets", items: [[{ mark: "strong", content: ["milk"] }], ["bread"]] },
      {
        kind: "numbers",
        items: [
          { number: 1, content: ["first"] },
          { number: 3, content: ["third"] },
        ],
      },
      { kind: "quote", content: ["said\nso"] },
      { kind: "text", content: ["ok"] },
    ]);
  });

  test("between fences are code, in which nothing else counts", () => {
    expect(parseBlocks("so:\n```\n- a\n*b*\n```\nand `c` ```d```")).toEqual([
      { kind: "text", content: ["so:"] },
      { kind: "code", text: "- a\n*b*" },
      { kind: "text", content: ["and ", { mark: "code", content: ["c"] }, " ", { mark: "code", content: ["d"] }] },
    ]);
  });

  test("that only look like it are text", () => {
    for (const line of ["-5 degrees", "* ", "1.5 litres", "2024. It was", "-", ">"])
      expect(parseBlocks(line)).toEqual([{ kind: "text", content: [line] }]);
  });

  test("never lose or reorder a word", () => {
    const words = (value: string) => value.replace(/[^\p{L}👍]/gu, "");
    fc.assert(
      fc.property(text, (text) => {
        expect(words(parseBlocks(text).map(lines).join("\n"))).toBe(words(text));
      }),
    );
  });
});

test("no text takes long to parse, whatever is in it", () => {
  const length = 16_384;
  for (const unit of [
    "a",
    "*a ",
    "*a",
    "_a *b ~c ",
    "`",
    "`a\n",
    "```",
    "a@",
    "a.",
    "https://a.b/",
    "https://a.b) ",
    ")",
    "> ",
    "*",
  ]) {
    const long = unit.repeat(length / unit.length);
    expect(source(parseRich(long)).replaceAll("`", "")).toBe(long.replaceAll("`", ""));
    parseBlocks(long);
    parseRich(`https://a.b/${long}`);
  }
});
