import { open } from "../actions";
import { coversThread, showDetails } from "../details";
import { openId } from "../store";

/** Shows a message of the open thread; details that lie over it make way. */
export function showAt(messageId: string): void {
  if (!openId.value) return;
  if (coversThread()) showDetails(false);
  open(openId.value, messageId);
}
