import { ApiError } from "./api";
import { type Key, t } from "./i18n";

const refusals: Readonly<Record<string, Key>> = {
  conversation_ended: "composer.ended",
  window_closed: "composer.closed",
  workflow_running: "composer.running",
};

/** Why a call failed: in the page's language where we know the case, else in the server's words. */
export function failureText(error: unknown): string {
  if (!(error instanceof ApiError) || error.status === 0) return t("message.unreachable");
  const known = refusals[error.code];
  return known ? t(known) : error.message;
}
