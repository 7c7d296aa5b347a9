/** WhatsApp's own formatting and links, parsed to plain data: components turn it into elements, never into HTML text. */
export type Mark = "strong" | "em" | "s" | "code";
export type Rich = string | { mark: Mark; content: Rich[] } | { href: string; text: string };

const marks: Record<string, Mark> = { "*": "strong", _: "em", "~": "s" };
const link = /(?:https?:\/\/|www\.)[^\s<>"]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/giu;
// A mark opens at a word's start and closes at a word's end, around text that does not begin or end with space.
const span = /```([\s\S]+?)```|`([^`\n]+)`|(?<![\p{L}\p{N}])([*_~])(?=\S)([^\n]*?\S)\3(?![\p{L}\p{N}])/u;

export function parseRich(text: string): Rich[] {
  const found = span.exec(text);
  if (!found) return parseLinks(text);
  const [whole, block, code, sign = "", inner = ""] = found;
  const before = text.slice(0, found.index);
  // Signs inside an address belong to the address.
  const hit = linkAcross(text, found.index);
  if (hit) return [...parseLinks(text.slice(0, hit)), ...parseRich(text.slice(hit))];
  const raw = block ?? code;
  const mark = marks[sign];
  const part: Rich =
    raw !== undefined || !mark ? { mark: "code", content: [raw ?? whole] } : { mark, content: parseRich(inner) };
  return [...parseLinks(before), part, ...parseRich(text.slice(found.index + whole.length))];
}

/** The words without the signs that format them, for where there is only one line. */
export function plainText(text: string): string {
  const words = (part: Rich): string =>
    typeof part === "string" ? part : "href" in part ? part.text : part.content.map(words).join("");
  return parseRich(text).map(words).join("");
}

/** Where the link that covers `index` ends; null when none does. */
function linkAcross(text: string, index: number): number | null {
  for (const match of text.matchAll(link)) {
    const end = match.index + trimmed(match[0]).length;
    if (match.index < index && index < end) return end;
  }
  return null;
}

function parseLinks(text: string): Rich[] {
  const parts: Rich[] = [];
  let end = 0;
  for (const match of text.matchAll(link)) {
    const shown = trimmed(match[0]);
    const href = safeHref(absolute(shown));
    if (!href) continue;
    if (match.index > end) parts.push(text.slice(end, match.index));
    parts.push({ href, text: shown });
    end = match.index + shown.length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}

/** Punctuation that ends the sentence is not part of the address; a bracket is when it has its partner inside. */
function trimmed(address: string): string {
  const shorter = address.replace(/[.,;:!?'"*_~]+$/u, "");
  return shorter.endsWith(")") && !shorter.includes("(") ? trimmed(shorter.slice(0, -1)) : shorter;
}

function absolute(address: string): string {
  if (/^https?:/i.test(address)) return address;
  return /^www\./i.test(address) ? `https://${address}` : `mailto:${address}`;
}

/** The address if it is one of the web, else null. */
export function webHref(address: string): string | null {
  const href = safeHref(address);
  return href !== null && /^https?:/.test(href) ? href : null;
}

/** The address if it is of a kind that can do no harm, else null. */
export function safeHref(address: string): string | null {
  try {
    const url = new URL(address);
    return ["http:", "https:", "mailto:", "tel:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
