import type { Answers } from "../chosen";
import { t } from "../i18n";
import type { Button } from "../template";
import { Chosen } from "./Chosen";
import { CopyIcon, drawn, PhoneIcon, ReplyIcon } from "./icons";
import { SafeLink } from "./RichText";

const LinkIcon = drawn("M8 5H5v10h10v-3", "M11.5 4.5h4V8.5", "M15.5 4.5 9.5 10.5");
const ButtonIcon = drawn(
  "M4.5 7h11A1.5 1.5 0 0 1 17 8.5v3a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 11.5v-3A1.5 1.5 0 0 1 4.5 7Z",
);

const icons = { reply: ReplyIcon, link: LinkIcon, call: PhoneIcon, code: CopyIcon, other: ButtonIcon };

interface Props {
  buttons: readonly Button[];
  chosen: Answers;
}

/** To be looked at: it is the customer who presses them. Those that lead somewhere lead there from here too. */
export function TemplateButtons({ buttons, chosen }: Props) {
  if (buttons.length === 0) return null;
  return (
    <ul class="choices">
      {buttons.map((button, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a template's buttons never move
        <Choice key={index} button={button} isChosen={button.kind === "reply" && chosen.has(button.id)} />
      ))}
    </ul>
  );
}

function Choice({ button: { kind, text, href, note }, isChosen }: { button: Button; isChosen: boolean }) {
  const ButtonIcon = icons[kind];
  const title = text || t(`button.${kind}`);
  return (
    <li dir="auto">
      {isChosen ? (
        <Chosen />
      ) : (
        <span class="choice-icon">
          <ButtonIcon />
        </span>
      )}
      {href ? <SafeLink href={href}>{title}</SafeLink> : title}
      {note && (
        <span class="choice-note">
          <bdi>{note}</bdi>
        </span>
      )}
    </li>
  );
}
