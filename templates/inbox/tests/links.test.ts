import fc from "fast-check";
import { expect, test } from "vitest";
import { findLinks, safeHref, shownAddress, webHref } from "../src/links";

const links = (text: string) => findLinks(text).map(({ start, end, href }) => [text.slice(start, end), href]);

test("an address ends before the sentence's punctuation and keeps the signs inside", () => {
  expect(links("see https://a.example/x_y_z(2), ok")).toEqual([
    ["https://a.example/x_y_z(2)", "https://a.example/x_y_z(2)"],
  ]);
  expect(links("(www.a.example)")).toEqual([["www.a.example", "https://www.a.example/"]]);
  expect(links("((https://a.example/b(c)))…")).toEqual([["https://a.example/b(c)", "https://a.example/b(c)"]]);
  expect(links("me@a.example。")).toEqual([["me@a.example", "mailto:me@a.example"]]);
  expect(links("看https://a.example吗？")).toHaveLength(1);
});

test("what leads elsewhere than it seems is no link", () => {
  for (const text of [
    "https://bank.example@evil.example",
    "https://bank.example:443@evil.example/",
    "javascript:alert(1)",
    "https://",
    "http://[",
    "https:/\\u202emoc.live",
    "@a.example",
    "a@b",
  ])
    expect(links(text)).toEqual([]);
  expect(links("https://a.example/\u202egpj.exe")).toEqual([["https://a.example/", "https://a.example/"]]);
});

test("a host that passes for another one is spelled out, and one that is only foreign is not", () => {
  const shown = (text: string) => shownAddress(safeHref(text.startsWith("www") ? `https://${text}` : text) ?? "", text);
  expect(shown("https://\u0430pple.com/login")).toBe("https://xn--pple-43d.com/login");
  expect(shown("www.\u0430\u0440\u0440\u04cf\u0435.com")).toBe("www.xn--80ak6aa92e.com");
  for (const host of ["\u0261oogle.com", "l\u0131nkedin.com", "paypa\u217c.com"])
    expect(shown(`https://${host}/x`)).toMatch(/^https:\/\/[\x20-\x7f]+\/x$/);
  for (const host of ["a.example", "münchen.de", "例え.jp", "россия.рф", "مثال.com"])
    expect(shown(`https://${host}/x`)).toBe(`https://${host}/x`);
});

test("an address of an ad goes to the web alone", () => {
  expect(webHref("https://fb.me/abc")).toBe("https://fb.me/abc");
  for (const address of ["mailto:a@b.example", "tel:5", "javascript:alert(1)", "fb.me/abc", ""])
    expect(webHref(address)).toBeNull();
});

test("nothing goes anywhere but to the web, to mail and to the phone", () => {
  expect(safeHref("https://a.example")).toBe("https://a.example/");
  expect(safeHref("tel:+15550100")).toBe("tel:+15550100");
  for (const address of ["javascript:alert(1)", "data:text/html,x", "vbscript:x", " java\nscript:alert(1)", "/x"])
    expect(safeHref(address)).toBeNull();
});

test("links lie in the text in order, and each leads somewhere harmless", () => {
  const unit = fc.constantFrom(
    "https://",
    "www.",
    "a",
    "@",
    ".b",
    "/",
    "(",
    ")",
    " ",
    ":",
    "\u202e",
    "\u0430",
    "*",
    "javascript:",
  );
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 40 }), (text) => {
      let done = 0;
      for (const { start, end, href } of findLinks(text)) {
        expect(start).toBeGreaterThanOrEqual(done);
        expect(end).toBeGreaterThan(start);
        expect(href).toMatch(/^(https?:\/\/[^@]|mailto:)/);
        done = end;
      }
      expect(done).toBeLessThanOrEqual(text.length);
    }),
  );
});
