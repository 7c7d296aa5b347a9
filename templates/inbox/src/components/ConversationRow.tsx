import { useMemo } from "preact/hooks";
import { listTime, wholeNumber } from "../format";
import { t } from "../i18n";
import { now } from "../now";
import { readSearch } from "../search";
import { filters, hasSeveralNumbers, phoneNumberOf } from "../store";
import type { Conversation, Match } from "../types";
import { Avatar } from "./Avatar";
import { Marked } from "./Marked";
import { ModeIcon } from "./ModeBadge";
import { RowPreview } from "./RowPreview";

interface Props {
  conversation: Conversation;
  /** What a search has found in its messages. */
  match: Match | undefined;
  current: boolean;
  tabbable: boolean;
  onOpen: () => void;
  onFocus: () => void;
}

/** It is drawn again when something of its own has changed, and not with every push. */
export function ConversationRow(props: Props) {
  const { conversation, match, current, tabbable } = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what it does when it is pressed follows from these
  return useMemo(() => <Row {...props} />, [conversation, match, current, tabbable]);
}

function Row({ conversation, match, current, tabbable, onOpen, onFocus }: Props) {
  const { id, contact, unread_count: unread, mode } = conversation;
  const { search, whatsappConfigId } = filters.value;
  const number =
    hasSeveralNumbers.value && whatsappConfigId === "all" ? phoneNumberOf(conversation.whatsapp_config_id) : undefined;
  const at = match?.timestamp ?? conversation.last_active_at;
  return (
    <button
      type="button"
      id={`row-${id}`}
      class={`row ${unread > 0 ? "row-unread" : ""}`}
      aria-current={current ? "true" : undefined}
      tabIndex={tabbable ? 0 : -1}
      onClick={onOpen}
      onFocus={onFocus}
    >
      <Avatar contact={contact} />
      <span class="row-body">
        <span class="row-line">
          <bdi class="row-name">
            <Marked text={contact.name} pattern={readSearch(search).contained} />
          </bdi>
          {number && <bdi class="row-number">{number.name || number.display_phone_number}</bdi>}
          <time dateTime={at}>{listTime(at, now.value)}</time>
        </span>
        <span class="row-line">
          <RowPreview conversation={conversation} match={match} current={current} />
          {mode && <ModeIcon mode={mode} />}
          {unread > 0 && (
            <span class="unread" role="img" aria-label={t("list.unread", { count: unread })}>
              {unread > 99 ? `${wholeNumber(99)}+` : wholeNumber(unread)}
            </span>
          )}
        </span>
      </span>
    </button>
  );
}
