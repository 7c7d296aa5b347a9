/**
 * What a host's page and the inbox in its iframe say to each other, and the element <porthole-inbox> that says it for the
 * page: the types of /porthole.js, served as /porthole.d.ts. Nothing here may import anything, or have code.
 *
 * Version 1. Whatever is added later is ignored by who does not know it.
 */
export type Mode = "system" | "light" | "dark";

/** What the list shows, by the same names as in the inbox's address; what is absent stays as it is. */
export interface Filters {
  status?: "active" | "ended" | "all";
  /** At most 200 characters. */
  search?: string;
  /** The id of a number's configuration, or "all". */
  whatsapp_config_id?: string;
  unread?: boolean;
  handoff?: boolean;
}

/** A CSS colour without transparency, for both themes or for each; it is moved as far as its text needs to be read. */
export type BrandColor = string | { light: string; dark: string };

/** What is absent looks as it does by itself. */
export interface Brand {
  accent?: BrandColor;
  /** Behind what your people write. */
  bubble?: BrandColor;
  /** Of corners, in pixels, from 0 to 24. */
  radius?: number;
  /** A list of font families, which have to be on the visitor's machine. */
  font?: string;
}

/** Somebody by the id of the contact, or by phone number with its country code. */
export type Person = { id: string } | { phone_number: string };

export interface Contact {
  id: string;
  name: string;
  /** Digits, with the country code; null where WhatsApp hides it. */
  phone_number: string | null;
}

/** The page's own way to know which answer belongs to what it said: up to 64 characters. */
interface Numbered {
  id?: string;
}

/** What the host's page says. */
export type FromHost = { porthole: 1 } & (
  | { type: "hello" }
  | ({ type: "set-filters"; filters: Filters } & Numbered)
  | ({ type: "open-conversation"; conversation_id: string } & Numbered)
  | ({ type: "open-contact"; contact: Person } & Numbered)
  /** null is what applies where the host says nothing: the embed's own. */
  | ({ type: "set-mode"; mode: Mode | null } & Numbered)
  /** A fresh user claim in the place of the one in the address; null for none. */
  | ({ type: "set-user"; user: string | null } & Numbered)
  | ({ type: "set-brand"; brand: Brand } & Numbered)
);

/** What the inbox tells, by the name of its event. */
export interface PortholeEvents {
  /** The inbox is there and listens. Told again when it was loaded anew. */
  ready: { version: 1; embed: { id: string; name: string | null } };
  /** How many active conversations have unread messages; `more` where there are over a thousand. */
  unread: { count: number; more: boolean };
  "conversation-opened": { conversation_id: string; contact: Contact };
  "conversation-closed": { conversation_id: string };
  /** A customer's message that has just come, in any of the inbox's conversations. */
  "message-received": { conversation_id: string; message_id: string; timestamp: string; contact: Contact };
  /** A conversation waits for a person: an automation gave it up, or somebody took it, who is `by` where that is known. */
  "handoff-requested": { conversation_id: string; contact: Contact; by: { id: string; name: string } | null };
  /** The height in pixels, up to 2000, in which nothing that is shown would need to scroll. */
  resize: { height: number };
  /** The inbox is over, and why: the code that docs/inbox-api.md names. */
  ended: { code: string };
}

export type PortholeEventType = keyof PortholeEvents;

/** Why something that the page said was not done. `errors` names wrong fields by their path. */
export interface PortholeFailure {
  code: "invalid_message" | "unsupported_version" | "not_found" | "superseded" | "unavailable" | "no_answer";
  error: string;
  errors?: Record<string, string[]>;
}

/** What the inbox says. */
export type FromInbox = { porthole: 1 } & (
  | { [Type in PortholeEventType]: { type: Type } & PortholeEvents[Type] }[PortholeEventType]
  | ({ type: "done" } & Numbered)
  | ({ type: "error" } & PortholeFailure & Numbered)
);

/** What the element dispatches on itself; none of it bubbles. `error` is what no promise has told already. */
export type PortholeEventMap = {
  [Type in PortholeEventType]: CustomEvent<PortholeEvents[Type]>;
} & { error: CustomEvent<PortholeFailure> };

/** `<porthole-inbox src="https://inbox.example.com/embed/TOKEN">` */
export interface PortholeInbox extends HTMLElement {
  /** The embed's address, with its query and its fragment; that of the iframe. */
  src: string;
  /** The theme, until the visitor chooses another. */
  mode: Mode | null;
  brand: Brand | null;
  /** Each promise is kept when the inbox has done it, and fails with an Error whose `code` and `errors` say why not. */
  setFilters(filters: Filters): Promise<void>;
  openConversation(id: string): Promise<void>;
  /** Their latest conversation. */
  openContact(person: Person): Promise<void>;
  addEventListener<Type extends keyof PortholeEventMap>(
    type: Type,
    listener: (this: PortholeInbox, event: PortholeEventMap[Type]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof PortholeEventMap>(
    type: Type,
    listener: (this: PortholeInbox, event: PortholeEventMap[Type]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "porthole-inbox": PortholeInbox;
  }
}
