import { effect } from "@preact/signals";
import type { Outgoing } from "./reducer";
import { resume } from "./sending";
import { keep, recall } from "./storage";
import { inbox, session } from "./store";

/** For as long as the server knows a message by its client_id, and keeps an upload that nobody has sent. */
const day = 24 * 60 * 60_000;

/** What the server has not confirmed outlives a reload: it is shown again, and goes out unless it has failed before. */
export function keepOutbox(): () => void {
  const key = `porthole.outbox.${session.value?.embed.id}.${session.value?.user?.id ?? ""}`;
  for (const outgoing of stored(key)) if (!inbox.value.outbox.has(outgoing.client_id)) resume(outgoing);
  return effect(() => {
    const rows = [...inbox.value.outbox.values()];
    keep("sessionStorage", key, rows.length === 0 ? null : JSON.stringify(rows));
  });
}

function stored(key: string): Outgoing[] {
  try {
    const rows: Outgoing[] = JSON.parse(recall("sessionStorage", key) ?? "[]");
    // The page's own copy of a file went with the page.
    return rows
      .filter(({ timestamp }) => Date.parse(timestamp) > Date.now() - day)
      .map((row) => ({ ...row, media: null }));
  } catch {
    return [];
  }
}
