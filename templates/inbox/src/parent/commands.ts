import { changeFilters, showConversation, theApi } from "../actions";
import { ApiError } from "../api";
import { followMode, mode } from "../appearance";
import type { FromInbox } from "../host/declarations";
import { openId, refusal, session } from "../store";
import type { Conversation } from "../types";
import { showBrand } from "./brand";
import type { Asked } from "./messages";

type Answer = Extract<FromInbox, { type: "done" | "error" }>;

/** A conversation was opened later than this one was asked for. */
class Superseded extends Error {}

/** What can be done though the inbox is over: a fresh user claim may be all that it wants. */
const outliving: readonly Asked["type"][] = ["set-mode", "set-brand", "set-user"];

/** How often something was opened, or is about to be: only what is last may show. */
let opens = 0;
openId.subscribe((id) => {
  if (id !== null) opens++;
});

/** Does what the host's page asks for, which is nothing that the visitor could not do; the promise never fails. */
export async function obey(asked: Exclude<Asked, { type: "hello" }>): Promise<Answer> {
  const id = asked.id === undefined ? {} : { id: asked.id };
  try {
    await act(asked);
    return { porthole: 1, type: "done", ...id };
  } catch (error) {
    return { porthole: 1, type: "error", ...failureOf(error), ...id };
  }
}

async function act(asked: Exclude<Asked, { type: "hello" }>): Promise<void> {
  if (refusal.value !== null && !outliving.includes(asked.type)) throw new Error(`The inbox is over: ${refusal.value}`);
  switch (asked.type) {
    case "set-filters":
      return changeFilters(asked.filters);
    case "set-mode":
      return followMode(asked.mode ?? session.peek()?.embed.default_mode ?? mode.peek());
    case "set-user":
      // In the place of the address as it is: a step of its own would be one of the host's Back button.
      return location.replace(`#${asked.user === null ? "" : new URLSearchParams({ user: asked.user })}`);
    case "set-brand":
      return showBrand(asked.brand);
    case "open-conversation":
      return showWhenFound(async () => (await theApi().conversation(asked.conversationId)).data);
    case "open-contact":
      return showWhenFound(async () => (await theApi().latestWith(asked.contact)).data[0]);
  }
}

/** Not over what was opened meanwhile, by the visitor or by the host. */
async function showWhenFound(find: () => Promise<Conversation | undefined>): Promise<void> {
  const own = ++opens;
  const found = await find();
  if (!found) throw new ApiError(404, "not_found", "There is no conversation with this contact");
  if (own !== opens) throw new Superseded("Another conversation was opened meanwhile");
  showConversation(found);
}

function failureOf(error: unknown) {
  if (error instanceof ApiError && error.status === 404)
    return { code: "not_found", error: "The inbox has no such conversation" } as const;
  if (error instanceof Superseded) return { code: "superseded", error: error.message } as const;
  return { code: "unavailable", error: error instanceof Error ? error.message : String(error) } as const;
}
