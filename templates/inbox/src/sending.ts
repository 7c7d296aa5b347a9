import { effect } from "@preact/signals";
import { theApi } from "./actions";
import { ApiError, type Reply } from "./api";
import { makeClientId } from "./clientId";
import { failureText } from "./failure";
import type { Outgoing } from "./reducer";
import type { Body } from "./reply";
import { connection, dispatch, inbox } from "./store";
import type { Context, Media, Message, TemplatePart } from "./types";

const queues = new Map<string, Promise<unknown>>();

interface Extras {
  context?: Context | null;
  /** What is shown of its file until the server's message is here. */
  media?: Media | null;
  /** What is shown of a template meanwhile. */
  words?: string | null;
  template_parts?: TemplatePart[] | null;
}

/** A message that did not get through, and why. */
export interface Failed {
  client_id: string;
  error: unknown;
}

/**
 * Shows a message in the thread at once, and sends it when those before it have an answer. Gives null when the server
 * has it.
 */
export const send = (
  conversation_id: string,
  body: Body,
  { context = null, media = null, words = null, template_parts = null }: Extras = {},
): Promise<Failed | null> =>
  post({
    client_id: makeClientId(),
    conversation_id,
    body,
    context,
    media,
    words,
    template_parts,
    timestamp: new Date().toISOString(),
    failure: null,
  });

/** It may have reached the server although no answer came back: the same client_id can then do no harm. */
export function retryOutgoing(outgoing: Outgoing): void {
  void post({ ...outgoing, failure: null });
}

/** Goes on with what a page before this one had begun. */
export function resume(outgoing: Outgoing): void {
  if (outgoing.failure === null) void post(outgoing);
  else dispatch({ type: "outgoing", outgoing });
}

export function discardOutgoing(clientId: string): void {
  dispatch({ type: "outgoing.dropped", client_id: clientId });
}

/** WhatsApp refused this one: the server sends a copy of it, and discards it. Fails with the ApiError. */
export async function retryMessage({ id, conversation_id }: Message): Promise<void> {
  const { data } = await inTurn(conversation_id, () => theApi().retry(id));
  dispatch({ type: "rows", messages: [data] });
}

/** Takes a message that was not delivered out of the thread, for everybody. Fails with the ApiError. */
export async function discardMessage(id: string): Promise<void> {
  const { data } = await theApi().discard(id);
  dispatch({ type: "rows", messages: [data] });
}

/** One request at a time in each conversation keeps the replies in the order they were written. */
function inTurn<Answer>(conversationId: string, request: () => Promise<Answer>): Promise<Answer> {
  const turn = (queues.get(conversationId) ?? Promise.resolve()).then(request);
  const over = turn.catch(() => undefined);
  queues.set(conversationId, over);
  return turn;
}

function post(outgoing: Outgoing): Promise<Failed | null> {
  dispatch({ type: "outgoing", outgoing });
  return inTurn(outgoing.conversation_id, () => deliver(outgoing));
}

async function deliver(outgoing: Outgoing): Promise<Failed | null> {
  const { client_id, conversation_id, body, context } = outgoing;
  const reply: Reply = { client_id, ...body, ...(context ? { context: { message_id: context.message_id } } : {}) };
  await reachable();
  try {
    const { data } = await theApi().send(conversation_id, reply);
    if (body.type === "reaction") await settleReaction(client_id, conversation_id, body.reaction.message_id);
    else dispatch({ type: "rows", messages: [data] });
    return null;
  } catch (error) {
    if (!inbox.value.outbox.has(client_id)) return null;
    // The connection went meanwhile: it goes out when that is back.
    if (connection.value === "offline" && error instanceof ApiError && error.status === 0) return deliver(outgoing);
    dispatch({ type: "outgoing.failed", client_id, failure: failureText(error) });
    return { client_id, error };
  }
}

/** Settles when the server can be reached, for all that the page knows. */
const reachable = () =>
  new Promise<void>((resolve) => {
    effect(function () {
      if (connection.value === "offline") return;
      resolve();
      this.dispose();
    });
  });

/** A reaction is told by the message that it is about; what that says now takes the place of what we showed. */
async function settleReaction(clientId: string, conversationId: string, wamid: string): Promise<void> {
  const messages = inbox.value.threads.get(conversationId)?.rows ?? [];
  const target = messages.find((message) => message.wamid === wamid);
  const answer =
    target &&
    (await theApi()
      .message(target.id)
      .catch(() => null));
  if (answer) dispatch({ type: "rows", messages: [answer.data] });
  dispatch({ type: "outgoing.dropped", client_id: clientId });
}
