import { phone as internationally } from "../format";
import { t } from "../i18n";
import { v } from "../i18n/viewer";
import { safeHref, shownAddress, webHref } from "../links";
import { safeName } from "../text";
import type { ContactCard } from "../types";
import { vCard } from "../vcard";
import { CopyButton } from "./CopyButton";
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
  const { name, org } = card;
  const [phones, emails, urls] = [list(card.phones), list(card.emails), list(card.urls)];
  const title = name?.formatted_name || t("content.contacts", { count: 1 });
  const lines = [
    ...phones.map(({ phone, wa_id }) => phone || (wa_id ? internationally(wa_id) : "")).map(byPhone),
    ...emails.map(({ email = "" }) => ({ text: email, href: mailHref(email), copied: false })),
    ...urls.map(({ url = "" }) => byWeb(url)),
  ].filter(({ text }) => text !== "");
  const unique = [...new Map(lines.map((line) => [line.text, line])).values()].slice(0, mostLines);
  return (
    <div class="card">
      <span class="card-icon">
        <PersonIcon />
      </span>
      <span class="card-body">
        <bdi class="card-title">{title}</bdi>
        {org?.company && <small dir="auto">{[org.company, org.title].filter(Boolean).join(" · ")}</small>}
        {unique.map(({ text, href, copied }) => (
          <span key={text} class="card-line">
            <bdi>{href ? <SafeLink href={href}>{text}</SafeLink> : text}</bdi>
            {copied && <CopyButton text={text} />}
          </span>
        ))}
        <button type="button" class="link-button" onClick={() => save(title, vCard({ ...card, phones, emails, urls }))}>
          {v("saveContact")}
        </button>
      </span>
    </div>
  );
}

const mostLines = 20;

const list = <Part,>(parts: Part[] | undefined): Part[] => (Array.isArray(parts) ? parts : []);

const byWeb = (url: string) => {
  const href = webHref(url);
  return { text: href ? shownAddress(href, url) : url, href: href ?? "", copied: false };
};

const byPhone = (phone: string) => ({ text: phone, href: safeHref(telHref(phone)) ?? "", copied: true });

function save(name: string, card: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([card], { type: "text/vcard" }));
  link.download = `${safeName(name)
    .replace(/[\\/:*?"<>|]/g, "_")
    .slice(0, 80)}.vcf`;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** What cannot be dialled or written to is no link. */
function telHref(phone: string): string {
  const digits = phone.replace(/[^\d+]/g, "");
  return /\d{3}/.test(digits) ? `tel:${digits}` : "";
}

const mailHref = (email: string) =>
  /^[^\s@]+@[^\s@]+$/.test(email) ? `mailto:${encodeURIComponent(email).replace("%40", "@")}` : "";
