import { computed } from "@preact/signals";
import { openThread } from "./store";
import type { Message } from "./types";

/** The ids of the buttons and rows that the customer chose, by the message of ours that they were in. */
export function choicesIn(messages: Iterable<Message>): ReadonlyMap<string, ReadonlySet<string>> {
  const chosen = new Map<string, Set<string>>();
  for (const { context, interactive, deleted_at } of messages) {
    const id = interactive?.button_reply?.id ?? interactive?.list_reply?.id;
    const question = context?.message?.id;
    if (id === undefined || question === undefined || deleted_at !== null) continue;
    chosen.set(question, (chosen.get(question) ?? new Set()).add(id));
  }
  return chosen;
}

/** Of the open thread, as far as it is loaded. */
export const chosen = computed(() => choicesIn(openThread.value?.rows ?? []));
