import { theApi } from "./actions";
import { ApiError } from "./api";
import { makeClientId } from "./clientId";
import type { Outgoing } from "./reducer";
import { dispatch, inbox } from "./store";
import type { Message } from "./types";

/** The failure of a reply that never got an answer. Anything else is the server's own sentence. */
export const unreachable = "unreachable";

const queues = new Map<string, Promise<void>>();

export function sendText(conversationId: string, body: string, quoted: string | null = null): void {
  post({
    client_id: makeClientId(),
    conversation_id: conversationId,
    body,
    context: quoted ? { message_id: quoted } : null,
    timestamp: new Date().toISOString(),
    failure: null,
  });
}

/** It may have reached the server although no answer came back: the same client_id can then do no harm. */
export function retryOutgoing(outgoing: Outgoing): void {
  post({ ...outgoing, failure: null });
}

export function discardOutgoing(clientId: string): void {
  dispatch({ type: "outgoing.dropped", client_id: clientId });
}

/** Meta refused this one, so that another attempt is another message. */
export function sendAgain(message: Message): void {
  sendText(message.conversation_id, message.text?.body ?? "", message.context?.message_id ?? null);
}

/** One request at a time in each conversation keeps the replies in the order they were written. */
function post(outgoing: Outgoing): void {
  dispatch({ type: "outgoing", outgoing });
  const before = queues.get(outgoing.conversation_id) ?? Promise.resolve();
  queues.set(
    outgoing.conversation_id,
    before.then(() => deliver(outgoing)),
  );
}

async function deliver({ client_id, conversation_id, body, context }: Outgoing): Promise<void> {
  try {
    const reply = { client_id, type: "text" as const, text: { body }, ...(context ? { context } : {}) };
    const { data } = await theApi().send(conversation_id, reply);
    dispatch({ type: "rows", messages: [data] });
  } catch (error) {
    const answered = error instanceof ApiError && error.status !== 0;
    if (inbox.value.outbox.has(client_id))
      dispatch({ type: "outgoing.failed", client_id, failure: answered ? error.message : unreachable });
  }
}
