import type { Conversation, Message, Presence, Push, Session } from "./events";

/** The rows and answers of docs/inbox-api.md. */
export type * from "./events";
export type * from "./meta";

/** What the socket brings. */
export type LiveEvent = Push | Presence;

export type Mode = Session["embed"]["default_mode"];
export type ConversationMode = NonNullable<Conversation["mode"]>;
export type ConversationStatus = Conversation["status"];
export type MessageStatus = Message["status"];
