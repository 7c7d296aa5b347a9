import { computed, signal } from "@preact/signals";
import { type Filters, noFilters } from "./filters";
import { type Action, emptyInbox, reduce } from "./reducer";
import { listedConversations } from "./selectors";
import type { PhoneNumber, Session } from "./types";

export type Connection = "connecting" | "live" | "polling" | "offline";

export const inbox = signal(emptyInbox);
export const filters = signal<Filters>(noFilters);
export const session = signal<Session | null>(null);
export const connection = signal<Connection>("connecting");
/** Why the inbox can no longer be used; null while it can. */
export const refusal = signal<string | null>(null);
export const openId = signal<string | null>(null);
/** The message that the open conversation opens at; null where that is up to what the reader has read. */
export const openAt = signal<string | null>(null);
/** Opens with the thread on a wide frame, unless the reader has closed it there. See details.ts. */
export const detailsOpen = signal(false);
/** The conversation that the reader has just ended, which can be undone. */
export const endedHere = signal<string | null>(null);
/** Why something that the reader asked for in the open conversation could not be done; null when all is well. */
export const trouble = signal<string | null>(null);
/** The last thing a screen reader is told of. */
export const announcement = signal("");

export function dispatch(action: Action): void {
  inbox.value = reduce(inbox.value, action);
}

export const listed = computed(() => listedConversations(inbox.value, filters.value));
export const openConversation = computed(() =>
  openId.value ? inbox.value.conversations.get(openId.value) : undefined,
);
export const openThread = computed(() => (openId.value ? inbox.value.threads.get(openId.value) : undefined));

export function phoneNumberOf(whatsappConfigId: string): PhoneNumber | undefined {
  return session.value?.phone_numbers.find((number) => number.whatsapp_config_id === whatsappConfigId);
}

export const hasSeveralNumbers = computed(() => (session.value?.phone_numbers.length ?? 0) > 1);
