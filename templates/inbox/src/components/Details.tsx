import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { attempt, handBack } from "../actions";
import { showDetails } from "../details";
import { fullTime, phone, wholeNumber } from "../format";
import { t } from "../i18n";
import { now } from "../now";
import { phoneNumberOf } from "../store";
import type { Conversation } from "../types";
import { Avatar } from "./Avatar";
import { BackIcon, BotIcon, CheckIcon, CloseIcon, CopyIcon } from "./icons";
import { ModeBadge } from "./ModeBadge";
import { StatusButton } from "./StatusButton";

export function Details({ conversation }: { conversation: Conversation }) {
  const { contact, mode } = conversation;
  const shut = () => {
    showDetails(false);
    document.getElementById("details-toggle")?.focus();
  };
  return (
    <section class="details" aria-label={t("details.title")}>
      <header class="details-head">
        <button type="button" class="icon-button only-narrow" aria-label={t("action.close")} onClick={shut}>
          <BackIcon />
        </button>
        <h2>{t("details.title")}</h2>
        <button type="button" class="icon-button only-wide" aria-label={t("action.close")} onClick={shut}>
          <CloseIcon />
        </button>
      </header>
      <div class="details-body">
        <div class="details-who">
          <Avatar contact={contact} large />
          <h3>
            <bdi>{contact.name}</bdi>
          </h3>
          {mode && <ModeBadge mode={mode} />}
        </div>
        <ContactFacts conversation={conversation} />
        <ConversationFacts conversation={conversation} />
      </div>
    </section>
  );
}

function ContactFacts({ conversation: { contact } }: { conversation: Conversation }) {
  const { name, display_name, profile_name, saved_name } = contact;
  const savedName = [name, display_name, profile_name].includes(saved_name) ? null : saved_name;
  return (
    <section>
      <h4>{t("details.contact")}</h4>
      <dl>
        {contact.phone_number && (
          <Fact name={t("details.phone")}>
            <bdi>{phone(contact.phone_number)}</bdi>
            <CopyButton text={phone(contact.phone_number)} />
          </Fact>
        )}
        {contact.username && (
          <Fact name={t("details.username")}>
            <bdi>{contact.username}</bdi>
          </Fact>
        )}
        {savedName && (
          <Fact name={t("details.savedName")}>
            <bdi>{savedName}</bdi>
          </Fact>
        )}
        {contact.profile_name && (
          <Fact name={t("details.name")}>
            <bdi>{contact.profile_name}</bdi>
          </Fact>
        )}
      </dl>
    </section>
  );
}

function ConversationFacts({ conversation }: { conversation: Conversation }) {
  const { status, ended_at, created_at, last_inbound_at, messages_count, window_expires_at } = conversation;
  const number = phoneNumberOf(conversation.whatsapp_config_id);
  const expires = window_expires_at;
  const open = expires !== null && Date.parse(expires) > now.value.getTime() && status === "active";
  return (
    <section>
      <h4>{t("details.conversation")}</h4>
      <dl>
        <Fact name={t("details.status")}>{t(`filter.${status}`)}</Fact>
        <Fact name={t("details.window")}>
          {open ? t("details.windowOpen", { time: fullTime(expires) }) : t("details.windowClosed")}
        </Fact>
        {number && (
          <Fact name={t("details.number")}>
            <bdi>{[number.name, number.display_phone_number].filter(Boolean).join(" · ")}</bdi>
          </Fact>
        )}
        {last_inbound_at && <Fact name={t("details.lastInbound")}>{fullTime(last_inbound_at)}</Fact>}
        <Fact name={t("details.customerSince")}>{fullTime(created_at)}</Fact>
        {status === "ended" && ended_at && <Fact name={t("details.ended")}>{fullTime(ended_at)}</Fact>}
        <Fact name={t("details.messages")}>{wholeNumber(messages_count)}</Fact>
      </dl>
      <div class="details-actions">
        <StatusButton conversation={conversation} words />
        {conversation.mode === "handoff" && (
          <button type="button" class="button button-icon" onClick={() => void attempt(() => handBack(conversation))}>
            <BotIcon />
            {t("handBack.action")}
          </button>
        )}
      </div>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A frame may not be allowed to write to the clipboard; the number can then still be selected by hand. */
function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  if (!navigator.clipboard) return null;
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <button
      type="button"
      class="icon-button icon-button-small"
      aria-label={t(copied ? "action.copied" : "action.copy")}
      onClick={copy}
    >
      {copied ? <CheckIcon /> : <CopyIcon />}
    </button>
  );
}
