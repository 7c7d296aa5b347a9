import { shownAddress, webHref } from "../links";

/** How a value that a program has noted is shown: as text, as a link, or as entries below each other. */
export type Shown =
  | { kind: "text"; text: string }
  | { kind: "link"; href: string; text: string }
  | { kind: "flag"; on: boolean }
  | { kind: "nothing" }
  | { kind: "entries"; entries: [key: string, value: unknown][] }
  | { kind: "deep"; text: string };

/** As deep as entries are shown within entries; what is deeper is shown as JSON. */
export const deepest = 5;

export function shownAs(value: unknown, depth: number): Shown {
  switch (typeof value) {
    case "string":
      return textOrLink(value);
    case "boolean":
      return { kind: "flag", on: value };
    case "number":
      return { kind: "text", text: String(value) };
  }
  if (typeof value !== "object" || value === null) return { kind: "nothing" };
  if (Array.isArray(value) && value.length > 0 && value.every(isShort)) return { kind: "text", text: value.join(", ") };
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.map((item, index) => [`${index + 1}`, item])
    : Object.entries(value);
  if (entries.length === 0) return { kind: "nothing" };
  return depth < deepest ? { kind: "entries", entries } : { kind: "deep", text: JSON.stringify(value, null, 2) };
}

const isShort = (value: unknown) =>
  typeof value === "number" || (typeof value === "string" && value.length < 40 && !value.includes("://"));

/** Only what is an address of the web as a whole leads anywhere. */
function textOrLink(value: string): Shown {
  const text = value.trim();
  if (text === "") return { kind: "nothing" };
  const href = /^https?:\/\/\S+$/i.test(text) ? webHref(text) : null;
  return href ? { kind: "link", href, text: shownAddress(href, text) } : { kind: "text", text: value };
}
