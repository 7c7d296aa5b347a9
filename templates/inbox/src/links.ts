/** An address within a text, from `start` to `end`. */
export interface Link {
  start: number;
  end: number;
  href: string;
}

// No sign that turns the direction of writing is part of an address. What stands before an @ is looked at once only, from
// its beginning: a text may be one word of 65,536 letters.
const link =
  /(?<!\w)(?:https?:\/\/|www\.)[^\s<>"\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+/giu;

/** The links in a text, in their order. */
export function findLinks(text: string): Link[] {
  return [...text.matchAll(link)].flatMap(({ 0: found, index }) => {
    const address = trimmed(found);
    const href = safeHref(absolute(address));
    return href && !hidesHost(href) ? [{ start: index, end: index + address.length, href }] : [];
  });
}

const closing = /[.,;:!?'"*_~`…»”’。、，！？）」]/u;

/** Punctuation that ends the sentence is not part of the address; a bracket is when it has its partner inside. */
function trimmed(address: string): string {
  let end = address.length;
  let unopened = address.split(")").length - address.split("(").length;
  for (; end > 0; end -= 1) {
    const last = address[end - 1] ?? "";
    if (last === ")" && unopened > 0) unopened -= 1;
    else if (!closing.test(last)) break;
  }
  return address.slice(0, end);
}

function absolute(address: string): string {
  if (/^https?:/i.test(address)) return address;
  return /^www\./i.test(address) ? `https://${address}` : `mailto:${address}`;
}

/** "https://bank.example@evil.example" leads to the latter. */
function hidesHost(href: string): boolean {
  const { protocol, username, password } = new URL(href);
  return protocol !== "mailto:" && username + password !== "";
}

const turning = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** The address if it is one of the web, and shows where it leads; else null. */
export function webHref(address: string): string | null {
  const href = safeHref(address);
  return href !== null && /^https?:/.test(href) && !hidesHost(href) && !turning.test(address) ? href : null;
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

// Hosts in which no letter can pass for one of another alphabet: the accents of Europe, one alphabet alone, or Latin
// letters beside a script that does not resemble them.
const plainHost =
  /^(?:[a-z\d.ß-\u0130\u0132-ſ-]+|[\p{sc=Cyrillic}\d.-]+|[\p{sc=Greek}\d.-]+|[a-z\d.\-ー\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Arabic}\p{sc=Hebrew}\p{sc=Devanagari}\p{sc=Thai}]+)$/iu;

/** A link as it is shown: a host that looks like another one by the letters of several alphabets is spelled out. */
export function shownAddress(href: string, text: string): string {
  const host = /^(?:https?:\/\/)?([^/?#:\\]*)/i.exec(text)?.[1] ?? "";
  return href.startsWith("mailto:") || plainHost.test(host) ? text : text.replace(host, () => new URL(href).hostname);
}
