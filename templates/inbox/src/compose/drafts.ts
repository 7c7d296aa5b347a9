import { signal } from "@preact/signals";
import { keep, recall } from "../storage";
import type { Context } from "../types";

/** What has been begun in each conversation outlives a reload: the words, and the message that they answer. */
const textKey = (id: string) => `porthole.draft.${id}`;
const quoteKey = (id: string) => `porthole.quote.${id}`;

export const draftText = (id: string) => recall("sessionStorage", textKey(id)) ?? "";

export const keepDraftText = (id: string, text: string) => keep("sessionStorage", textKey(id), text || null);

const quotes = signal<ReadonlyMap<string, Context | null>>(new Map());

/** The message that the next one of a conversation answers. */
export function quoteIn(id: string): Context | null {
  const known = quotes.value.get(id);
  return known === undefined ? stored(id) : known;
}

export function quote(id: string, context: Context | null): void {
  keep("sessionStorage", quoteKey(id), context && JSON.stringify(context));
  quotes.value = new Map(quotes.value).set(id, context);
}

function stored(id: string): Context | null {
  return JSON.parse(recall("sessionStorage", quoteKey(id)) ?? "null");
}
