import { expect, test } from "vitest";
import { originIsAllowed } from "../src/parent/origins";

interface Case {
  origin: string;
  patterns: string[];
  allowed: boolean;
}

/** What tests/integration/test_host_origins.py has asked the server's matcher; without it there is nothing to compare. */
const file: string | undefined = import.meta.env.VITE_ORIGIN_CASES;
const cases: Case[] = file ? (await import(/* @vite-ignore */ file)).default : [];

/** As browsers write it in a message's `origin`. */
const isWritten = (origin: string) => URL.canParse(origin) && new URL(origin).origin === origin;

test.skipIf(!file)("the page and the server allow the same origins", () => {
  const written = cases.filter(({ origin }) => isWritten(origin));
  expect(written.length).toBeGreaterThan(cases.length / 10);
  for (const { origin, patterns, allowed } of written)
    expect(originIsAllowed(origin, patterns), `${origin} by ${patterns}`).toBe(allowed);
  // What no browser writes is never let in by the page alone.
  for (const { origin, patterns, allowed } of cases)
    if (!allowed) expect(originIsAllowed(origin, patterns)).toBe(false);
});

test.each([
  ["https://app.example.com", ["https://app.example.com"], true],
  ["https://app.example.com", ["*.example.com"], true],
  ["https://example.com", ["*.example.com"], false],
  ["https://evil-example.com", ["*.example.com"], false],
  ["https://app.example.com.evil.example", ["*.example.com"], false],
  ["http://app.example.com", ["*.example.com"], false],
  ["https://app.example.com:8443", ["*.example.com"], false],
  ["https://-.example.com", ["*.example.com"], false],
  ["https://app.example.com", [], true],
  ["null", ["https://app.example.com"], false],
])("%s by %s", (origin, patterns, allowed) => {
  expect(originIsAllowed(origin, patterns)).toBe(allowed);
});
