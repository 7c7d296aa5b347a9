import type { Contact } from "./types";

/** What is typed into the search, as names, numbers and messages are compared with it: by the server's rules. */
export interface Search {
  needle: string;
  /** Of a number as people write it, +1 (555) 010-0123; else empty. */
  digits: string;
  words: readonly string[];
  /** Finds in folded names and numbers; null where nothing is sought. */
  contained: RegExp | null;
  /** Finds in folded messages the beginnings of words. */
  begun: RegExp | null;
}

const letters: Readonly<Record<string, string>> = { ł: "l", ø: "o", đ: "d", ς: "σ", ß: "ss" };

/** Without case and accents, however they are put together: as shared/fold.py. */
export function fold(text: string): string {
  return text
    .normalize("NFD")
    .replace(/[\u0300-\u036f\u0640\u064b-\u065f\u0670]/g, "")
    .normalize("NFC")
    .toLowerCase()
    .replace(/[łøđςß]/g, (letter) => letters[letter] ?? letter);
}

let last: [text: string, search: Search] | undefined;

export function readSearch(text: string): Search {
  if (last?.[0] !== text) last = [text, read(text)];
  return last[1];
}

function read(text: string): Search {
  const needle = fold(text.trim());
  const bare = needle.replace(/[\s()+.-]/g, "");
  const digits = /^\d+$/.test(bare) ? bare : "";
  const words = (needle.match(/[\p{L}\p{N}_]+/gu) ?? []).filter((word) => word.length > 1);
  return {
    needle,
    digits,
    words,
    contained: any([needle, digits].map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))),
    begun: any(words, "(?<![\\p{L}\\p{N}])"),
  };
}

/** The longest first, so that of two words that begin alike the whole is found. */
function any(texts: readonly string[], before = ""): RegExp | null {
  const sought = texts.filter((text) => text !== "").sort((a, b) => b.length - a.length);
  return sought.length === 0 ? null : new RegExp(`${before}(?:${sought.join("|")})`, "gu");
}

const haystacks = new WeakMap<Contact, string>();

/** Whether a contact answers a search by itself. */
export function isNamed(contact: Contact, { needle, digits }: Search): boolean {
  let names = haystacks.get(contact);
  if (names === undefined) {
    const { name, saved_name, profile_name, username } = contact;
    names = fold([name, saved_name, profile_name, username].join("\n"));
    haystacks.set(contact, names);
  }
  return names.includes(needle) || (digits !== "" && (contact.phone_number?.includes(digits) ?? false));
}

/** Whether a message's text holds all words of a search, each as the beginning of one of its own. */
export function holds(text: string, { words, begun }: Search): boolean {
  if (begun === null) return false;
  const found = [...fold(text).matchAll(begun)].map(([hit]) => hit);
  return words.every((word) => found.some((hit) => hit.startsWith(word)));
}
