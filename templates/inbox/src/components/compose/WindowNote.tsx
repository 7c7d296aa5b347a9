import { t } from "../../i18n";
import { ClockIcon, OfflineIcon } from "../icons";

const lastHour = 60;

/** For how long free text may still be sent: in hours first, and in minutes in the last one. */
export function WindowNote({ minutes }: { minutes: number }) {
  const soon = minutes <= lastHour;
  return (
    <p class={soon ? "window window-soon" : "window"}>
      <ClockIcon />
      {soon ? t("composer.window", { count: minutes }) : t("composer.windowHours", { count: Math.floor(minutes / 60) })}
    </p>
  );
}

/** What is sent now is kept, and goes out later. */
export function OfflineNote() {
  return (
    <p class="window window-soon" role="status">
      <OfflineIcon />
      {t("composer.offline")}
    </p>
  );
}
