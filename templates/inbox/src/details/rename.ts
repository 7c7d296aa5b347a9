import { signal } from "@preact/signals";
import { theApi } from "../actions";
import { dispatch, inbox } from "../store";
import type { Contact, Conversation } from "../types";
import { nameOf } from "./name";

/** A name that the reader has just given, and what stood there before: null is the name that the person has. */
interface Renamed {
  contactId: string;
  before: string | null;
  after: string | null;
}

/** Can be taken back, as long as nobody else has changed it since. */
export const renamed = signal<Renamed | null>(null);

/** Milliseconds. */
const undoable = 12_000;
let forgetting: number | undefined;

/**
 * Names the person in all their conversations at once, or with null no more; the promise fails, and the name is what it
 * was, if the server does not agree or cannot be reached.
 */
export async function rename(conversation: Conversation, given: string | null): Promise<void> {
  const before = conversation.contact.display_name;
  const { id, display_name: after } = await give(conversation, given);
  renamed.value = { contactId: id, before, after };
  clearTimeout(forgetting);
  forgetting = window.setTimeout(() => {
    renamed.value = null;
  }, undoable);
}

/** Gives back exactly the name that stood there, if only that of nobody. */
export async function undoRename(conversation: Conversation, { before }: Renamed): Promise<void> {
  await give(conversation, before);
  renamed.value = null;
}

async function give({ id, contact }: Conversation, name: string | null): Promise<Contact> {
  const takeBack = showName(contact, name);
  try {
    const { data } = await theApi().rename(id, name);
    dispatch({ type: "rows", conversations: [data] });
    return data.contact;
  } catch (error) {
    takeBack();
    throw error;
  }
}

/** Before the server has said so. Returns what puts the former names back, wherever no newer row has come meanwhile. */
function showName(contact: Contact, given: string | null): () => void {
  const theirs = inbox.value.recent.filter((row) => row.contact.id === contact.id);
  const shown = theirs.map((row) => {
    const named = { ...row.contact, display_name: given, name: nameOf(row.contact, given) };
    return { ...row, contact: named };
  });
  dispatch({ type: "rows", conversations: shown });
  return () => {
    const untouched = theirs.filter(({ id }, index) => inbox.value.conversations.get(id) === shown[index]);
    dispatch({ type: "rows", conversations: untouched });
  };
}
