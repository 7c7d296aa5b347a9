import { changeStatus } from "../../actions";
import { fullTime, wholeNumber } from "../../format";
import { t } from "../../i18n";
import { d } from "../../i18n/details";
import { now } from "../../now";
import { phoneNumberOf } from "../../store";
import type { Conversation, ConversationDetails } from "../../types";
import { DoneIcon, UndoIcon } from "../icons";
import { ActionButton } from "./ActionButton";
import { Fact, Section } from "./Section";

interface Props {
  conversation: Conversation;
  details: ConversationDetails | null;
}

export function ConversationFacts({ conversation, details }: Props) {
  const { status, ended_at, last_inbound_at, messages_count, window_expires_at } = conversation;
  const number = phoneNumberOf(conversation.whatsapp_config_id);
  const first = details ? details.first_message_at : undefined;
  const expires = window_expires_at;
  const active = status === "active";
  const open = expires !== null && Date.parse(expires) > now.value.getTime() && active;
  return (
    <Section title={d("conversation")}>
      <dl>
        <Fact name={d("status")}>{t(`filter.${status}`)}</Fact>
        <Fact name={d("window")}>{open ? d("windowOpen", { time: fullTime(expires) }) : d("windowClosed")}</Fact>
        {number && (
          <Fact name={d("number")}>
            <bdi>{[number.name, number.display_phone_number].filter(Boolean).join(" · ")}</bdi>
          </Fact>
        )}
        {last_inbound_at && <Fact name={d("lastInbound")}>{fullTime(last_inbound_at)}</Fact>}
        {first !== null && <Fact name={d("firstMessage")}>{first ? fullTime(first) : "…"}</Fact>}
        {!active && ended_at && <Fact name={d("ended")}>{fullTime(ended_at)}</Fact>}
        <Fact name={d("messages")}>{wholeNumber(messages_count)}</Fact>
      </dl>
      <div class="details-actions">
        <ActionButton
          icon={active ? <DoneIcon /> : <UndoIcon />}
          label={t(active ? "conversation.end" : "conversation.reopen")}
          act={() => changeStatus(conversation, active ? "ended" : "active")}
        />
      </div>
    </Section>
  );
}
