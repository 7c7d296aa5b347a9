import { previewOf } from "../content";
import { listTime } from "../format";
import { t } from "../i18n";
import { now } from "../now";
import { filters, hasSeveralNumbers, phoneNumberOf } from "../store";
import type { Conversation } from "../types";
import { Avatar } from "./Avatar";
import { KindIcon } from "./KindIcon";
import { ModeIcon } from "./ModeBadge";
import { Ticks } from "./Ticks";

interface Props {
  conversation: Conversation;
  current: boolean;
  tabbable: boolean;
  onOpen: () => void;
  onFocus: () => void;
}

export function ConversationRow({ conversation, current, tabbable, onOpen, onFocus }: Props) {
  const { id, contact, last_message: last, unread_count: unread, mode } = conversation;
  const number =
    hasSeveralNumbers.value && filters.value.whatsappConfigId === "all"
      ? phoneNumberOf(conversation.whatsapp_config_id)?.name
      : null;
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
          <bdi class="row-name">{contact.name}</bdi>
          {number && <span class="row-number">{number}</span>}
          <time dateTime={conversation.last_active_at}>{listTime(conversation.last_active_at, now.value)}</time>
        </span>
        <span class="row-line">
          <span class="row-preview" dir="auto">
            {last?.direction === "outbound" && <Ticks status={last.status} />}
            {last && <KindIcon type={last.type} deleted={last.deleted} />}
            {last && previewOf(last)}
          </span>
          {mode && <ModeIcon mode={mode} />}
          {unread > 0 && (
            <span class="unread" role="img" aria-label={t("list.unread", { count: unread })}>
              {unread > 99 ? "99+" : unread}
            </span>
          )}
        </span>
      </span>
    </button>
  );
}
