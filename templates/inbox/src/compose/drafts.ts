import { signal } from "@preact/signals";
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

/** What this page has read or written, by the key under which the browser keeps it for later visits. */
const drafts = signal<ReadonlyMap<string, Draft>>(new Map());

/** Another embed, and another person in front of this one, has drafts of their own. */
const keyOf = (id: string) => `${prefix}${session.value?.embed.id}.${id}.${session.value?.user?.id ?? ""}`;

export const draftText = (id: string) => draftIn(id).text;

export const keepDraftText = (id: string, text: string) => change(id, { text });

/** The message that the next one of a conversation answers. */
export const quoteIn = (id: string) => draftIn(id).quote;

export const quote = (id: string, context: Context | null) => change(id, { quote: context });

function draftIn(id: string): Draft {
  const key = keyOf(id);
  return drafts.value.get(key) ?? stored(key);
}

function change(id: string, values: Partial<Draft>): void {
  const key = keyOf(id);
  const draft = { ...draftIn(id), ...values, at: Date.now() };
  const empty = draft.text === "" && draft.quote === null;
  if (drafts.value.size === 0) import("./oldDrafts").catch(() => undefined);
  keep("localStorage", key, empty ? null : JSON.stringify(draft));
  drafts.value = new Map(drafts.value).set(key, draft);
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
  if (key?.startsWith(prefix)) drafts.value = new Map(drafts.value).set(key, stored(key));
});
