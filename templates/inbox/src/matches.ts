import type { Inbox, Rows } from "./reducer";
import { holds, isNamed, readSearch } from "./search";
import type { Conversation, LastMessage, Match, Message } from "./types";

/** What the shown search has found in messages, by conversation. */
export type Matches = ReadonlyMap<string, Match>;

/** The message that a row is shown for, and opened at; none where the contact answers the search by itself. */
export function matchOf({ list }: Inbox, { id, contact }: Conversation): Match | undefined {
  const match = list.matches.get(id);
  return match && !isNamed(contact, readSearch(list.search)) ? match : undefined;
}

/** After news: a newer message that holds the words is the match, and one that holds them no more is none. */
export function followMatches(inbox: Inbox, { conversations = [], messages = [] }: Rows): Inbox {
  const sought = readSearch(inbox.list.search);
  if (sought.begun === null) return inbox;
  const matches = new Map(inbox.list.matches);
  for (const message of messages) {
    const match = matches.get(message.conversation_id);
    if (match?.message_id !== message.id) continue;
    const text = message.edited_at === null ? match.text : wordsOf(message);
    if (isGone(message) || !holds(text, sought)) matches.delete(message.conversation_id);
    else matches.set(message.conversation_id, { ...match, text });
  }
  for (const { id } of conversations) {
    const message = inbox.conversations.get(id)?.last_message;
    if (!message || message.deleted || !isNewer(message, matches.get(id)) || !holds(message.preview, sought)) continue;
    const { id: message_id, preview: text, timestamp } = message;
    matches.set(id, { conversation_id: id, message_id, text, timestamp });
  }
  return { ...inbox, list: { ...inbox.list, matches } };
}

const isNewer = (message: LastMessage, match: Match | undefined) =>
  match === undefined || Date.parse(message.timestamp) > Date.parse(match.timestamp);

const isGone = ({ deleted_at, discarded_at }: Message) => deleted_at !== null || discarded_at !== null;

/** Only what was written can be edited. */
const wordsOf = ({ text, image, video, document }: Message) =>
  text?.body ?? (image ?? video ?? document)?.caption ?? "";
