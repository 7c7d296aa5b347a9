import { phone as internationally } from "../format";
import { t } from "../i18n";
import { safeHref } from "../links";
import type { ContactCard } from "../types";
import { PersonIcon } from "./icons";
import { SafeLink } from "./RichText";

export function ContactCards({ cards }: { cards: ContactCard[] }) {
  return (
    <>
      {cards.map((card, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a message's cards never move
        <Card key={index} card={card} />
      ))}
    </>
  );
}

function Card({ card }: { card: ContactCard }) {
  const phones = new Set(card.phones?.map(({ phone, wa_id }) => phone || (wa_id ? internationally(wa_id) : "")));
  const emails = new Set(card.emails?.map(({ email }) => email ?? ""));
  return (
    <div class="card">
      <span class="card-icon">
        <PersonIcon />
      </span>
      <span class="card-body">
        <bdi class="card-title">{card.name?.formatted_name || t("content.contacts", { count: 1 })}</bdi>
        {card.org?.company && <small dir="auto">{card.org.company}</small>}
        {[...phones].map((phone) => (
          <Line key={phone} href={telHref(phone)} text={phone} />
        ))}
        {[...emails].map((email) => (
          <Line key={email} href={mailHref(email)} text={email} />
        ))}
      </span>
    </div>
  );
}

/** What cannot be dialled or written to is no link. */
function telHref(phone: string): string {
  const digits = phone.replace(/[^\d+]/g, "");
  return /\d{3}/.test(digits) ? `tel:${digits}` : "";
}

const mailHref = (email: string) =>
  /^[^\s@]+@[^\s@]+$/.test(email) ? `mailto:${encodeURIComponent(email).replace("%40", "@")}` : "";

function Line({ href, text }: { href: string; text: string }) {
  const safe = safeHref(href);
  if (!text) return null;
  return <bdi>{safe ? <SafeLink href={safe}>{text}</SafeLink> : text}</bdi>;
}
