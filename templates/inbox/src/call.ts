import { duration } from "./format";
import { t } from "./i18n";
import type { Call } from "./types";

/** What became of a call, and who called. Only one that was picked up has a length. */
export function callText(call: Call, messageDirection: "inbound" | "outbound"): string {
  const ours = call.direction ? call.direction === "BUSINESS_INITIATED" : messageDirection === "outbound";
  const length = callLength(call);
  if (length > 0) return t(ours ? "call.endedOut" : "call.endedIn", { length: duration(length) });
  switch (call.status) {
    case "RINGING":
      return t("call.ringing");
    case "ACCEPTED":
      return t("call.ongoing");
    case "REJECTED":
      return t("call.declined");
  }
  if (call.event === "connect") return t("call.ringing");
  if (call.event === undefined && call.status === undefined) return t("content.call");
  return t(ours ? "call.unanswered" : "call.missed");
}

/** In seconds, 0 where it is not known. */
function callLength({ duration, start_time, end_time }: Call): number {
  const seconds = Number(duration ?? Number(end_time) - Number(start_time));
  return Number.isFinite(seconds) && seconds > 0 ? Math.floor(seconds) : 0;
}
