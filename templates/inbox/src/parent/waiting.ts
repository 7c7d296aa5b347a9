import type { Inbox } from "../reducer";
import type { Conversation, Waiters, Waiting } from "../types";

/** As the server lists them (shared/queries/waiting.py). */
export const mostWaiting = 1000;

/** Ids of the conversations that wait; `more` where there were more than the server names. */
export interface Queue {
  ids: ReadonlySet<string>;
  more: boolean;
}

export interface Queues {
  unread: Queue;
  handoff: Queue;
}

export function queuesOf({ unread, handoff }: Waiting): Queues {
  const queue = ({ ids, more }: Waiters): Queue => ({ ids: new Set(ids), more });
  return { unread: queue(unread), handoff: queue(handoff) };
}

/**
 * The queues after what the page knows by now: each conversation that was pushed or loaded is in its newest state there,
 * and the others have not changed. The same object if that is no news.
 */
export function moved(queues: Queues, { recent, removed }: Inbox): Queues {
  const unread = moveIn(queues.unread, recent, removed, (row) => row.unread_count > 0);
  const handoff = moveIn(queues.handoff, recent, removed, (row) => row.mode === "handoff");
  return unread === queues.unread && handoff === queues.handoff ? queues : { unread, handoff };
}

function moveIn(
  queue: Queue,
  rows: readonly Conversation[],
  removed: Inbox["removed"],
  waits: (row: Conversation) => boolean,
): Queue {
  const isIn = (row: Conversation) => row.status === "active" && waits(row);
  const changed = rows.filter((row) => isIn(row) !== queue.ids.has(row.id));
  const gone = [...queue.ids].filter((id) => removed.has(id));
  if (changed.length === 0 && gone.length === 0) return queue;
  const ids = new Set(queue.ids);
  for (const row of changed) isIn(row) ? ids.add(row.id) : ids.delete(row.id);
  for (const id of gone) ids.delete(id);
  return { ids, more: queue.more };
}

/** Whether too few are known to tell how many there are. */
export function isShort({ ids, more }: Queue): boolean {
  return more && ids.size < mostWaiting;
}
