import type { ContactCard } from "./types";

/** A contact as the file that every address book takes (RFC 2426, which has the widest support). */
export function vCard({ name, phones = [], emails = [], urls = [], org }: ContactCard): string {
  const full = name?.formatted_name ?? "";
  const lines = [
    ["N", [name?.last_name ?? "", name?.first_name ?? full].map(escaped).join(";")],
    ["FN", escaped(full)],
    ["ORG", escaped(org?.company)],
    ["TITLE", escaped(org?.title)],
    ...phones.map(({ phone, wa_id }) => ["TEL", escaped(phone ?? (wa_id && `+${wa_id}`))]),
    ...emails.map(({ email }) => ["EMAIL", escaped(email)]),
    ...urls.map(({ url }) => ["URL", escaped(url)]),
  ].flatMap(([key, value]) => (value ? `${key}:${value}` : []));
  return ["BEGIN:VCARD", "VERSION:3.0", ...lines, "END:VCARD", ""].join("\r\n");
}

/** No value can end its line and begin another property. */
const escaped = (value: unknown) =>
  (typeof value === "string" ? value : "")
    .replace(/[\\,;]/g, "\\$&")
    .replace(/\r\n?|[\n\u2028\u2029]/g, "\\n")
    .replace(/\p{Cc}/gu, "");
