import { attempt, handBack } from "../actions";
import { bannerText } from "../banner";
import { t } from "../i18n";
import type { Conversation, ConversationMode } from "../types";
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

/** Who answers the conversation; a person who has taken over can hand it back. */
export function ModeBanner({ conversation }: { conversation: Conversation }) {
  const { mode, handed_off_by } = conversation;
  if (mode === null) return null;
  const Icon = icons[mode];
  return (
    <div class={`banner banner-${mode}`}>
      <Icon />
      <span>{bannerText(mode, handed_off_by)}</span>
      {mode === "handoff" && (
        <button
          type="button"
          class="link-button"
          title={t("handBack.hint")}
          onClick={() => void attempt(() => handBack(conversation))}
        >
          {t("handBack.action")}
        </button>
      )}
    </div>
  );
}
