import { wantsDetails } from "./details";
import { keep, recall } from "./storage";
import { detailsOpen, openId, refusal } from "./store";

const key = "porthole.reopen";
/** The iframes of an embed hear of a change at the same moment, and should not all load at the same moment. */
const spread = 500;
let renewing = false;

/** The server does not let this page go on: one whose embed has changed is loaded again, for the others it is the end. */
export function refuse(code: string): void {
  if (code === "embed_changed") renew();
  else refusal.value = code;
}

/** The reader comes back to the same conversation. */
function renew(): void {
  if (renewing) return;
  renewing = true;
  keep("sessionStorage", key, openId.value);
  setTimeout(() => location.reload(), Math.random() * spread);
}

/** Open the conversation that was open before the page was renewed. One that left the scope closes by itself. */
export function reopen(): void {
  const id = recall("sessionStorage", key);
  if (id === null) return;
  keep("sessionStorage", key, null);
  openId.value = id;
  detailsOpen.value = wantsDetails();
}
