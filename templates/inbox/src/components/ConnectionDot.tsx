import { t } from "../i18n";
import { connection } from "../store";
import { OfflineIcon, PollIcon } from "./icons";

export function ConnectionDot() {
  const state = connection.value;
  const label = t(`connection.${state}`);
  return (
    <span class={`connection connection-${state}`} title={label}>
      {state === "offline" && <OfflineIcon />}
      {state === "polling" && <PollIcon />}
      {(state === "live" || state === "connecting") && <span class="dot" />}
      <span class="visually-hidden" role="status">
        {label}
      </span>
    </span>
  );
}
