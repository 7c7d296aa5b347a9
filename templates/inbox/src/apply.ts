import { dispatch } from "./store";
import type { Changes, LiveEvent, Message } from "./types";

/** Told of messages after they are applied: of those that a push tells as new, and of all that a catch-up brings. */
export const hearers = new Set<(messages: readonly Message[], isPush: boolean) => void>();

let caughtUpAt = Date.now();
/** Milliseconds that may have passed since what is being applied: a push is of the moment, a catch-up goes back to the last. */
export let oldest = 0;

/** Everything that changed since a cursor. */
export function applyChanges({ conversations, messages, removed }: Changes): void {
  oldest = Date.now() - caughtUpAt;
  dispatch({ type: "rows", conversations, messages, removed });
  oldest = 0;
  caughtUpAt = Date.now();
  for (const hear of hearers) hear(messages, false);
}

/** What the socket brought, oldest first. */
export function applyEvents(events: readonly LiveEvent[]): void {
  // A removal and a return of one conversation may share a packet, so that their order counts.
  for (const [, run] of runs(events)) {
    dispatch({
      type: "rows",
      conversations: run.flatMap((event) => ("conversation" in event ? event.conversation : [])),
      messages: run.flatMap((event) => ("message" in event ? event.message : [])),
      removed: run.filter((event) => event.type === "conversation.removed"),
    });
  }
  const created = events.flatMap((event) => (event.type === "message.created" ? event.message : []));
  for (const hear of hearers) hear(created, true);
}

/** Neighbours of one kind together: a packet of pushes then costs one new state, not one for each push. */
function runs(events: readonly LiveEvent[]): [removal: boolean, run: LiveEvent[]][] {
  const found: [boolean, LiveEvent[]][] = [];
  for (const event of events) {
    const removal = event.type === "conversation.removed";
    const last = found.at(-1);
    if (last && last[0] === removal) last[1].push(event);
    else found.push([removal, [event]]);
  }
  return found;
}
