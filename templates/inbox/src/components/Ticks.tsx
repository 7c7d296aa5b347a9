import { t } from "../i18n";
import type { MessageStatus } from "../types";
import { ClockIcon, TickIcon, TicksIcon, WarningIcon } from "./icons";

/** How far an outbound message has come. */
export function Ticks({ status }: { status: MessageStatus }) {
  const label = t(`status.${status}`);
  return (
    <span class={`ticks ticks-${status}`} title={label} role="img" aria-label={label}>
      {glyph(status)}
    </span>
  );
}

function glyph(status: MessageStatus) {
  switch (status) {
    case "queued":
    case "accepted":
      return <ClockIcon />;
    case "delivered":
    case "read":
    case "played":
      return <TicksIcon />;
    case "failed":
      return <WarningIcon />;
    default:
      return <TickIcon />;
  }
}
