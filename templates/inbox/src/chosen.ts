import { computed } from "@preact/signals";
import { openThread } from "./store";
import type { Content, Message } from "./types";

/** What the customer chose in one message: titles by the ids of buttons and rows. */
export type Answers = ReadonlyMap<string, string>;

/** What the customer chose, by the message of ours that it was in. */
export function choicesIn(messages: Iterable<Message>): ReadonlyMap<string, Answers> {
  const chosen = new Map<string, Map<string, string>>();
  for (const { context, interactive, button, deleted_at } of messages) {
    const question = context?.message?.id;
    if (question === undefined || deleted_at !== null) continue;
    for (const [id, title] of answered(interactive?.button_reply ?? interactive?.list_reply, button))
      chosen.set(question, (chosen.get(question) ?? new Map()).set(id, title));
  }
  return chosen;
}

/** A template's button goes by the payload that it was sent with; one that was sent with none, by what it says. */
function answered(reply: { id?: string; title?: string } | undefined, button: Content["button"]): [string, string][] {
  const { payload, text = "" } = button ?? {};
  return [reply?.id, payload, text].flatMap((id) => (id ? [[id, reply?.title ?? text]] : []));
}

/** Of the open thread, as far as it is loaded. */
export const chosen = computed(() => choicesIn(openThread.value?.rows ?? []));
