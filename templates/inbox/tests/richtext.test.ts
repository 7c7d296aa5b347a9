import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRich, plainText, type Rich, safeHref, webHref } from "../src/richtext";

const plain = (parts: Rich[]): string =>
  parts.map((part) => (typeof part === "string" ? part : "href" in part ? part.text : plain(part.content))).join("");

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

  test("never loses or adds a letter but the signs", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ab *_~`.\n(/:w") }), (text) => {
        const bare = (value: string) => value.replace(/[*_~`]/g, "");
        expect(bare(plain(parseRich(text)))).toBe(bare(text));
      }),
    );
  });
});

describe("links", () => {
  test("end before the sentence's punctuation and keep the signs inside", () => {
    expect(parseRich("see https://a.example/x_y_z(2), ok")).toEqual([
      "see ",
      { href: "https://a.example/x_y_z(2)", text: "https://a.example/x_y_z(2)" },
      ", ok",
    ]);
    expect(parseRich("(www.a.example)")).toEqual(["(", { href: "https://www.a.example/", text: "www.a.example" }, ")"]);
    expect(parseRich("me@a.example")).toEqual([{ href: "mailto:me@a.example", text: "me@a.example" }]);
    expect(parseRich("*https://a.example*")).toEqual([
      { mark: "strong", content: [{ href: "https://a.example/", text: "https://a.example" }] },
    ]);
  });

  test("of an ad go to the web alone", () => {
    expect(webHref("https://fb.me/abc")).toBe("https://fb.me/abc");
    for (const address of ["mailto:a@b.example", "tel:5", "javascript:alert(1)", "fb.me/abc", ""])
      expect(webHref(address)).toBeNull();
  });

  test("go nowhere but to the web, to mail and to the phone", () => {
    expect(safeHref("https://a.example")).toBe("https://a.example/");
    expect(safeHref("tel:+15550100")).toBe("tel:+15550100");
    for (const address of ["javascript:alert(1)", "data:text/html,x", "vbscript:x", " java\nscript:alert(1)", "/x"])
      expect(safeHref(address)).toBeNull();
    expect(parseRich("javascript:alert(1)")).toEqual(["javascript:alert(1)"]);
  });
});
