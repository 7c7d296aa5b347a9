import { t } from "../../i18n";
import { connection } from "../../store";
import { ClockIcon, OfflineIcon } from "../icons";

const lastHour = 60;

/** For how long free text may still be sent: in hours first, and in minutes in the last one. Or that it goes out later. */
export function WindowNote({ minutes }: { minutes: number }) {
  const offline = connection.value === "offline";
  const soon = minutes <= lastHour;
  return (
    <p class={offline || soon ? "window window-soon" : "window"}>
      {offline ? <OfflineIcon /> : <ClockIcon />}
      {offline
        ? t("composer.offline")
        : soon
          ? t("composer.window", { count: minutes })
          : t("composer.windowHours", { count: Math.floor(minutes / 60) })}
    </p>
  );
}
