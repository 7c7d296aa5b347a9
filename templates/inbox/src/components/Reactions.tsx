import { isolated, locale, t } from "../i18n";
import { reactionGroups } from "../reactions";
import type { Reaction } from "../types";

/** Who reacted how, as chips on the bubble's lower edge. */
export function Reactions({ reactions, contact }: { reactions: Reaction[]; contact: string }) {
  const names = new Intl.ListFormat(locale);
  return (
    <ul class="reactions" aria-label={t("message.reactions")}>
      {reactionGroups(reactions).map(({ emoji, by }) => {
        const who = names.format(by.map((side) => (side === "contact" ? isolated(contact) : t("message.fromYou"))));
        return (
          <li key={emoji} title={who}>
            <bdi>{emoji}</bdi>
            {by.length > 1 && <span aria-hidden="true">{by.length.toLocaleString(locale)}</span>}
            <span class="visually-hidden">{who}</span>
          </li>
        );
      })}
    </ul>
  );
}
