import { signal } from "@preact/signals";
import { theApi } from "../actions";
import type { ReadyReply } from "../types";

/** Milliseconds after which the server is asked again, the next time that they are wanted. */
const fresh = 60_000;

/** What is answered often. */
export const cannedReplies = signal<readonly ReadyReply[]>([]);
let asked = Number.NEGATIVE_INFINITY;

/** What is here is shown meanwhile, and stays when the server cannot be asked. */
export async function refreshCannedReplies(): Promise<void> {
  if (performance.now() - asked < fresh) return;
  asked = performance.now();
  try {
    cannedReplies.value = (await theApi().cannedReplies()).data;
  } catch {
    asked = Number.NEGATIVE_INFINITY;
  }
}
