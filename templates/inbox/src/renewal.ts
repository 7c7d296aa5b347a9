import { wantsDetails } from "./details";
import { keep, recall } from "./storage";
import { detailsOpen, openId } from "./store";

const key = "porthole.reopen";
/** The iframes of an embed hear of a change at the same moment, and should not all load at the same moment. */
const spread = 500;

/** Load the page again, because its embed is another one now; the reader comes back to the same conversation. */
export function renew(): void {
  keep("sessionStorage", key, openId.value);
  setTimeout(() => location.reload(), Math.random() * spread);
}

/** Open the conversation that was open before `renew`. One that is no longer in the scope closes by itself. */
export function reopen(): void {
  const id = recall("sessionStorage", key);
  if (id === null) return;
  keep("sessionStorage", key, null);
  openId.value = id;
  detailsOpen.value = wantsDetails();
}
