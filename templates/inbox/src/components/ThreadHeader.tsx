import { close } from "../actions";
import { showDetails } from "../details";
import { phone } from "../format";
import { t } from "../i18n";
import { detailsOpen, hasSeveralNumbers, phoneNumberOf } from "../store";
import type { Conversation } from "../types";
import { isReplying, presence } from "../viewing";
import { Avatar } from "./Avatar";
import { BackIcon, PanelIcon } from "./icons";
import { StatusButton } from "./StatusButton";

export function ThreadHeader({ conversation }: { conversation: Conversation }) {
  const { contact, status } = conversation;
  const number = hasSeveralNumbers.value ? phoneNumberOf(conversation.whatsapp_config_id)?.name : null;
  const identity = contact.phone_number ? phone(contact.phone_number) : (contact.username ?? "");
  return (
    <header class="thread-head">
      <button type="button" class="icon-button only-narrow" aria-label={t("thread.back")} onClick={close}>
        <BackIcon />
      </button>
      <Avatar contact={contact} />
      <div class="thread-who">
        <h2>
          <bdi>{contact.name}</bdi>
        </h2>
        <p>
          <bdi>{identity}</bdi>
          {number && <span class="badge">{number}</span>}
          {status === "ended" && <span class="badge">{t("filter.ended")}</span>}
          {presence.value && (
            <span class={isReplying.value ? "presence presence-replying" : "presence"} title={presence.value}>
              {presence.value}
            </span>
          )}
        </p>
      </div>
      <StatusButton conversation={conversation} />
      <button
        type="button"
        id="details-toggle"
        class="icon-button"
        aria-label={t("details.title")}
        title={t("details.title")}
        aria-expanded={detailsOpen.value}
        onClick={() => showDetails(!detailsOpen.value)}
      >
        <PanelIcon />
      </button>
    </header>
  );
}
