import { type Signal, signal } from "@preact/signals";
import { keep, recall } from "../storage";
import { session } from "../store";
import type { Context } from "../types";

/** What has been begun in a conversation: the words, and the message that they answer. `at` is when it was changed. */
interface Draft {
  text: string;
  quote: Context | null;
  at: number;
}

export const prefix = "porthole.draft.";
const week = 7 * 24 * 60 * 60_000;
const none: Draft = { text: "", quote: null, at: 0 };

/**
 * What this page has read or written, by the key under which the browser keeps it for later visits. Each is a signal of
 * its own, as the rows of the list show them: a key typed in one conversation is no news of the others.
 */
const drafts = new Map<string, Signal<Draft>>();
let looked = false;

/** Another embed, and another person in front of this one, has drafts of their own. */
const keyOf = (id: string) => `${prefix}${session.value?.embed.id}.${id}.${session.value?.user?.id ?? ""}`;

export const draftText = (id: string) => draftIn(id).text;

export const keepDraftText = (id: string, text: string) => change(id, { text });

/** The message that the next one of a conversation answers. */
export const quoteIn = (id: string) => draftIn(id).quote;

export const quote = (id: string, context: Context | null) => change(id, { quote: context });

const draftIn = (id: string) => draftOf(keyOf(id)).value;

function draftOf(key: string): Signal<Draft> {
  const known = drafts.get(key) ?? signal(stored(key));
  drafts.set(key, known);
  return known;
}

function change(id: string, values: Partial<Draft>): void {
  const key = keyOf(id);
  const draft = { ...draftIn(id), ...values, at: Date.now() };
  const empty = draft.text === "" && draft.quote === null;
  if (!looked) import("./oldDrafts").catch(() => undefined);
  looked = true;
  keep("localStorage", key, empty ? null : JSON.stringify(draft));
  draftOf(key).value = draft;
}

export function stored(key: string): Draft {
  try {
    const draft: Draft = JSON.parse(recall("localStorage", key) ?? "null") ?? none;
    return draft.at > Date.now() - week ? draft : none;
  } catch {
    return none;
  }
}

// The same conversation may be open in another tab, where somebody has written on, or sent it.
addEventListener("storage", ({ key }) => {
  const known = drafts.get(key ?? "");
  if (key && known) known.value = stored(key);
});
