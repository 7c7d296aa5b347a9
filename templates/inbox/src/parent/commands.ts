import { changeFilters, showConversation, theApi } from "../actions";
import { ApiError } from "../api";
import { followMode } from "../appearance";
import type { FromInbox } from "../host/declarations";
import { showBrand } from "./brand";
import type { Asked } from "./messages";

type Answer = Extract<FromInbox, { type: "done" | "error" }>;

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
  switch (asked.type) {
    case "set-filters":
      return changeFilters(asked.filters);
    case "set-mode":
      return followMode(asked.mode);
    case "set-brand":
      return showBrand(asked.brand);
    case "open-conversation":
      return showConversation((await theApi().conversation(asked.conversationId)).data);
    case "open-contact": {
      const [latest] = (await theApi().latestWith(asked.contact)).data;
      if (!latest) throw new ApiError(404, "not_found", "There is no conversation with this contact");
      return showConversation(latest);
    }
  }
}

function failureOf(error: unknown) {
  if (error instanceof ApiError && error.status === 404)
    return { code: "not_found", error: "The inbox has no such conversation" } as const;
  return { code: "unavailable", error: error instanceof Error ? error.message : String(error) } as const;
}
