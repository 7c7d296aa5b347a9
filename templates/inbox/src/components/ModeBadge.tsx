import { bannerText } from "../banner";
import { t } from "../i18n";
import type { ConversationMode, User } from "../types";
import { BotIcon, HandIcon, WarningIcon } from "./icons";

const icons = { running: BotIcon, handoff: HandIcon, failed: WarningIcon };

export function ModeBadge({ mode }: { mode: ConversationMode }) {
  const Icon = icons[mode];
  return (
    <span class={`badge badge-${mode}`}>
      <Icon />
      {t(`mode.${mode}`)}
    </span>
  );
}

/** Where there is no room for words: the list. */
export function ModeIcon({ mode }: { mode: ConversationMode }) {
  const Icon = icons[mode];
  const label = t(`mode.${mode}`);
  return (
    <span class={`badge row-mode badge-${mode}`} role="img" aria-label={label} title={label}>
      <Icon />
    </span>
  );
}

export function ModeBanner({ mode, by }: { mode: ConversationMode; by: User | null }) {
  const Icon = icons[mode];
  return (
    <p class={`banner banner-${mode}`}>
      <Icon />
      <span>{bannerText(mode, by)}</span>
    </p>
  );
}
