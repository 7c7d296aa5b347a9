/** The rows and answers of docs/inbox-api.md. Content comes from Meta, so every part of it may be missing. */

export type Mode = "system" | "light" | "dark";
export type ConversationMode = "running" | "handoff" | "failed";
export type ConversationStatus = "active" | "ended";
/** By the API; typed on the business's own phone; or come along with that phone's history. */
export type MessageOrigin = "cloud_api" | "business_app" | "history_sync";
export type MessageStatus = "received" | "queued" | "accepted" | "sent" | "delivered" | "read" | "played" | "failed";

export interface PhoneNumber {
  whatsapp_config_id: string;
  phone_number_id: string;
  name: string | null;
  display_phone_number: string | null;
}

/** A person of the host's. */
export interface User {
  id: string;
  name: string;
}

export interface Session {
  embed: { id: string; name: string | null; default_mode: Mode; language: string; expires_at: string | null };
  phone_numbers: PhoneNumber[];
  /** Who is looking, where the host says it. */
  user: User | null;
  cursor: string;
}

/** Somebody of the team, as the host's site names them. */
export interface Person {
  id: string;
  name: string;
}

export interface Contact {
  id: string;
  name: string;
  display_name: string | null;
  profile_name: string | null;
  /** In the address book of the business's phone. */
  saved_name: string | null;
  phone_number: string | null;
  username: string | null;
}

export interface LastMessage {
  id: string;
  wamid: string | null;
  direction: "inbound" | "outbound";
  type: string;
  /** Empty where the message has no words of its own: the page then names its type. */
  preview: string;
  status: MessageStatus;
  timestamp: string;
  deleted: boolean;
}

export interface Conversation {
  id: string;
  status: ConversationStatus;
  mode: ConversationMode | null;
  handed_off_by: Person | null;
  contact: Contact;
  whatsapp_config_id: string;
  phone_number_id: string;
  assigned_user_id: string | null;
  unread_count: number;
  messages_count: number;
  last_message: LastMessage | null;
  last_active_at: string;
  last_inbound_at: string | null;
  window_expires_at: string | null;
  created_at: string;
  ended_at: string | null;
  rev: string;
}

export interface MessageError {
  code: number;
  title: string;
  details: string | null;
}

export interface Media {
  caption?: string;
  filename?: string;
  mime_type?: string;
  voice?: boolean;
}

/** The file of a message, once it is known what it is. URLs open without a token until they expire. */
export interface MediaFile {
  id: string;
  state: "pending" | "ready" | "failed" | "gone";
  url: string | null;
  thumbnail_url: string | null;
  mime_type: string | null;
  size: number | null;
  width: number | null;
  height: number | null;
  duration_ms: number | null;
  pages: number | null;
  /** 64 loudnesses from 0 to 255. */
  waveform: number[] | null;
  filename: string | null;
}

export interface Location {
  latitude?: number | string;
  longitude?: number | string;
  name?: string;
  address?: string;
}

export interface ContactCard {
  name?: { formatted_name?: string };
  phones?: { phone?: string; wa_id?: string }[];
  emails?: { email?: string }[];
  org?: { company?: string; title?: string };
}

/** What a customer answered to the request to call them. */
export interface CallPermission {
  response?: string;
  is_permanent?: boolean;
  expiration_timestamp?: number | string;
}

export interface Interactive {
  type?: string;
  header?: { type?: string; text?: string };
  body?: { text?: string };
  footer?: { text?: string };
  action?: {
    button?: string;
    buttons?: { reply?: { title?: string } }[];
    sections?: { title?: string; rows?: { title?: string; description?: string }[] }[];
    parameters?: { display_text?: string; url?: string; flow_cta?: string };
  };
  button_reply?: { title?: string };
  list_reply?: { title?: string; description?: string };
  nfm_reply?: { name?: string; body?: string; response_json?: unknown };
  call_permission_reply?: CallPermission;
}

export interface Template {
  name?: string;
  components?: { type?: string; parameters?: { text?: string }[] }[];
}

export interface Order {
  text?: string;
  product_items?: {
    product_retailer_id?: string;
    quantity?: number | string;
    item_price?: number | string;
    currency?: string;
  }[];
}

export interface System {
  type?: string;
  body?: string;
  /** The new number, of somebody who changed it; older versions of the webhook have it in the second. */
  wa_id?: string;
  new_wa_id?: string;
}

export interface Call {
  direction?: string;
  event?: string;
  status?: string;
  start_time?: number | string;
  end_time?: number | string;
  duration?: number | string;
}

/** What a message answers. `message` is null where that is not known here. */
export interface Context {
  message_id: string;
  message: QuotedMessage | null;
}

export interface QuotedMessage {
  id: string;
  direction: "inbound" | "outbound";
  type: string;
  preview: string;
  sent_by: User | null;
  deleted: boolean;
}

/** The ad or post that brought the customer here. */
export interface Referral {
  source_url?: string;
  source_type?: string;
  headline?: string;
  body?: string;
}

export interface Reaction {
  emoji: string;
  by: "contact" | "business";
  at: string;
}

export interface Message {
  id: string;
  conversation_id: string;
  wamid: string | null;
  client_id: string | null;
  direction: "inbound" | "outbound";
  type: string;
  origin: MessageOrigin;
  status: MessageStatus;
  /** Why it failed; of an inbound one, why WhatsApp did not pass it on. */
  error: MessageError | null;
  context: Context | null;
  forwarded: "forwarded" | "frequently" | null;
  referral: Referral | null;
  reactions: Reaction[];
  edited_at: string | null;
  /** Its content is empty then. */
  deleted_at: string | null;
  /** Who sent it from an inbox, where the host said it. */
  sent_by: User | null;
  timestamp: string;
  /** Null for a message without a file, and for one that was sent from here. */
  media: MediaFile | null;
  rev: string;
  text?: { body?: string };
  image?: Media;
  video?: Media;
  audio?: Media;
  document?: Media;
  sticker?: Media;
  location?: Location;
  contacts?: ContactCard[];
  interactive?: Interactive;
  button?: { text?: string };
  order?: Order;
  system?: System;
  call?: Call;
  unsupported?: { type?: string };
  template?: Template;
}

export interface Page<Row> {
  data: Row[];
  paging: { next: string | null };
}

/** `rev` is that of the row which left the scope. */
export interface Removed {
  conversation_id: string;
  rev: string;
}

export interface Changes {
  conversations: Conversation[];
  messages: Message[];
  removed: Removed[];
  reset: boolean;
  cursor: string;
}

export type LiveEvent =
  | { type: "message.created" | "message.updated"; conversation: Conversation; message: Message }
  | { type: "conversation.updated"; conversation: Conversation }
  | ({ type: "conversation.removed" } & Removed);
