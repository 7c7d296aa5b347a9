/* Written by `make docs` from shared/events.py and api/inbox: change those instead. */
import type { Content } from "./meta";

export type Push = MessageCreated | MessageUpdated | ConversationUpdated | ConversationRemoved;

/** A new message, with its conversation as it is after it. */
export interface MessageCreated {
  type: "message.created";
  conversation: Conversation;
  message: Message;
}

/**
 * A row of the list. `window_expires_at` ends the 24 hours in which free text may be sent, or is when WhatsApp refused
 * one. `handed_off_by` is there while the mode is handoff, and null where nobody is known to have pressed the button.
 */
export interface Conversation {
  id: string;
  status: "active" | "ended";
  mode: "failed" | "handoff" | "running" | null;
  handed_off_by: User | null;
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

/** A person of the host's: `id` is the host's own, `name` is what others read. */
export interface User {
  id: string;
  name: string;
}

/**
 * The person on the other side. `name` is the best name we have, never empty; `saved_name` is that of the address book
 * on the business's phone. `merged_at` is when somebody else turned out to be this person: the threads have to be
 * loaded again then, since they go on into the conversations of both.
 */
export interface Contact {
  id: string;
  name: string;
  display_name: string | null;
  saved_name: string | null;
  profile_name: string | null;
  phone_number: string | null;
  username: string | null;
  merged_at: string | null;
}

/** The newest message of a conversation. An empty `preview` leaves the words to the page, by `type`. */
export interface LastMessage {
  id: string;
  wamid: string | null;
  direction: "inbound" | "outbound";
  type: string;
  preview: string;
  status: "accepted" | "delivered" | "failed" | "played" | "queued" | "read" | "received" | "sent";
  timestamp: string;
  deleted: boolean;
}

/**
 * A message. Its content, under the key that `type` names, is empty once it is deleted. `sent_by` is the person who
 * sent it from an inbox, where the host's user claim named one; `media` is its file; `words` are a template's, filled
 * in, once they are known, and `template_parts` what stands around them. A message with `discarded_at` failed and was
 * put away: it is not shown any more.
 */
export interface Message extends Content {
  client_id: string | null;
  context: Context | null;
  conversation_id: string;
  deleted_at: string | null;
  direction: "inbound" | "outbound";
  discarded_at: string | null;
  edited_at: string | null;
  error: MessageError | null;
  forwarded: "forwarded" | "frequently" | null;
  id: string;
  media: Media | null;
  origin: "business_app" | "cloud_api" | "history_sync";
  reactions: Reaction[];
  referral: Referral | null;
  rev: string;
  sent_by: User | null;
  status: "accepted" | "delivered" | "failed" | "played" | "queued" | "read" | "received" | "sent";
  template_parts: TemplatePart[] | null;
  timestamp: string;
  type: string;
  wamid: string | null;
  words: string | null;
}

/** What a message answers. `message` is null where we do not have it. */
export interface Context {
  message: QuotedMessage | null;
  message_id: string;
}

/** The message that another one answers. */
export interface QuotedMessage {
  deleted: boolean;
  direction: "inbound" | "outbound";
  id: string;
  preview: string;
  sent_by: User | null;
  type: string;
}

/** Why a message failed; of an inbound one, why WhatsApp did not pass it on. */
export interface MessageError {
  code: number;
  details: string | null;
  title: string;
}

/**
 * A message's file. All but `id`, `state` and `filename` is null until it is `ready`, and what cannot be found out
 * stays so. `size` is in bytes, `width` and `height` in pixels as shown; `waveform` has 64 loudnesses from 0 to 255.
 * The URLs open without a token, for an hour at least; `expires` in their query says until when, in Unix seconds.
 */
export interface Media {
  id: string;
  state: "failed" | "gone" | "pending" | "ready";
  url: string | null;
  thumbnail_url: string | null;
  mime_type: string | null;
  size: number | null;
  width: number | null;
  height: number | null;
  duration_ms: number | null;
  pages: number | null;
  waveform: number[] | null;
  filename: string | null;
}

/** What one side thinks of a message. */
export interface Reaction {
  at: string;
  by: "business" | "contact";
  emoji: string;
}

/** The ad or post that brought the customer here, as Meta describes it; there may be more than this. */
export interface Referral {
  body?: string;
  headline?: string;
  source_type?: string;
  source_url?: string;
}

/**
 * A component of a template as Meta defines it: `type` as HEADER or BUTTONS, `format` of a header, `text` with its
 * variables not filled in.
 */
export interface TemplatePart {
  buttons?: TemplateButton[];
  cards?: TemplateCard[];
  format?: string;
  limited_time_offer?: TemplateOffer;
  text?: string;
  type?: string;
}

/** A button as its template defines it. `type` is Meta's, as QUICK_REPLY; `url` may have a variable at its end. */
export interface TemplateButton {
  phone_number?: string;
  text?: string;
  type?: string;
  url?: string;
}

/** A card of a carousel, which is made as a template is. */
export interface TemplateCard {
  components?: TemplatePart[];
}

/** An offer that ends. */
export interface TemplateOffer {
  text?: string;
}

/** A message changed, by a status for example. */
export interface MessageUpdated {
  type: "message.updated";
  conversation: Conversation;
  message: Message;
}

/** A conversation changed and no message did: it was read, ended, assigned. */
export interface ConversationUpdated {
  type: "conversation.updated";
  conversation: Conversation;
}

/**
 * A conversation left the receiver's scope, being given to somebody else, or is no more. `rev` is that of the row that
 * left.
 */
export interface ConversationRemoved {
  type: "conversation.removed";
  conversation_id: string;
  rev: string;
}

/**
 * Somebody has a conversation open, for the others who have. It is of the moment: `changes` knows nothing of it.
 * `viewer` is the iframe, named anew with each connection; `user` is null where the host does not say who is looking.
 * `hello` asks everybody who is there to say so.
 */
export interface Presence {
  type: "presence";
  conversation_id: string;
  viewer: string;
  user: User | null;
  state: "gone" | "typing" | "viewing";
  hello: boolean;
}

export interface SessionAnswer {
  data: Session;
}

export interface Session {
  embed: Embed;
  phone_numbers: PhoneNumber[];
  user: User | null;
  cursor: string;
}

export interface Embed {
  id: string;
  name: string | null;
  scope_type: "customer" | "phone_number" | "project";
  default_mode: "dark" | "light" | "system";
  language: "ar" | "de" | "en" | "es" | "fr" | "pt";
  expires_at: string | null;
}

export interface PhoneNumber {
  whatsapp_config_id: string;
  phone_number_id: string;
  name: string;
  display_phone_number: string;
}

export interface ChangesAnswer {
  data: Changes;
}

/** `reset` asks the reader to load again from the start; the lists are empty then. */
export interface Changes {
  conversations: Conversation[];
  messages: Message[];
  removed: Removed[];
  reset: boolean;
  cursor: string;
}

/** A conversation that is no more, or that the assignee had and has not any more; `rev` is that of its leaving. */
export interface Removed {
  conversation_id: string;
  rev: string;
}

/** `matches` is what the search has found in messages; a conversation that its contact alone answers has none. */
export interface ConversationPage {
  data: Conversation[];
  matches: Match[];
  paging: Paging;
}

/** The newest message of a conversation that holds the words of a search; `text` is one line of it, around them. */
export interface Match {
  conversation_id: string;
  message_id: string;
  text: string;
  timestamp: string;
}

/** Kapso's paging object: `next` is the value for `after`, `previous` the one for `before`; null at the ends. */
export interface Paging {
  cursors: Cursors;
  next: string | null;
  previous: string | null;
}

/** `before` is the place of the page's first row, `after` that of its last; both null for an empty page. */
export interface Cursors {
  before: string | null;
  after: string | null;
}

export interface ConversationAnswer {
  data: Conversation;
}

export interface DetailsAnswer {
  data: ConversationDetails;
}

/**
 * `metadata` is the conversation's and `contact_metadata` the contact's, both the project's own. The contact's is null
 * in an embed of a customer or of a number: the person may be other customers' too. `first_message_at` is when the
 * first message was written that the conversation shows, which may have come much later, with the phone's history; null
 * if it shows none.
 */
export interface ConversationDetails {
  metadata: Record<string, unknown>;
  contact_metadata: Record<string, unknown> | null;
  first_message_at: string | null;
  workflow: WorkflowState | null;
}

/**
 * The latest execution on a conversation. `since` is when it got its `status`; `reason` is why it failed, in the
 * engine's words; `moves` are its latest, newest first.
 */
export interface WorkflowState {
  execution_id: string;
  name: string;
  status: "ended" | "failed" | "handoff" | "running" | "waiting";
  since: string;
  reason: string | null;
  handed_off_by: User | null;
  moves: WorkflowMove[];
}

/** An execution went from one status to another; `by` is the person who pressed the button, if one did. */
export interface WorkflowMove {
  type:
    | "execution_ended"
    | "execution_failed"
    | "execution_handoff"
    | "execution_resumed"
    | "execution_started"
    | "execution_waiting";
  at: string;
  by: User | null;
}

export interface EarlierPage {
  data: EarlierConversation[];
  paging: Paging;
}

/**
 * `first_message_id` is where it begins in the thread, null if it has no message to show; `started_at` is that
 * message's time, or else when the conversation was opened.
 */
export interface EarlierConversation {
  id: string;
  status: "active" | "ended";
  started_at: string;
  ended_at: string | null;
  messages_count: number;
  first_message_id: string | null;
}

export interface HandoffAnswer {
  data: Conversation;
}

export interface MessagePage {
  data: Message[];
  paging: Paging;
}

export interface MessageAnswer {
  data: Message;
}

export interface UploadAnswer {
  data: Upload;
}

/**
 * A file that was uploaded to be sent, as it will be sent, which may be smaller than what was uploaded or of another
 * type. `kind` is what it can be sent as; `voice` as audio that is a voice message.
 */
export interface Upload {
  id: string;
  state: "failed" | "gone" | "pending" | "ready";
  url: string | null;
  thumbnail_url: string | null;
  mime_type: string | null;
  size: number | null;
  width: number | null;
  height: number | null;
  duration_ms: number | null;
  pages: number | null;
  waveform: number[] | null;
  filename: string | null;
  kind: "audio" | "document" | "image" | "sticker" | "video" | "voice";
}

export interface WaitingAnswer {
  data: Waiting;
}

/** The active conversations with unread messages, and those that a person took over or was asked to. */
export interface Waiting {
  unread: Waiters;
  handoff: Waiters;
}

/** Ids of conversations, in no order; `more` says that there are others, which are not told. */
export interface Waiters {
  ids: string[];
  more: boolean;
}

export interface ReadyRepliesAnswer {
  data: ReadyReply[];
}

/** A canned reply, to be inserted. */
export interface ReadyReply {
  id: string;
  shortcut: string;
  text: string;
}
