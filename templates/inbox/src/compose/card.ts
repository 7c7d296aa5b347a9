import type { ContactBody } from "../reply";

export interface CardDraft {
  first: string;
  last: string;
  phone: string;
  email: string;
  company: string;
}

export const emptyCard: CardDraft = { first: "", last: "", phone: "", email: "", company: "" };

/** The fields of a card that cannot be sent so. */
export function wrongInCard({ first, phone, email }: CardDraft): (keyof CardDraft)[] {
  return [
    ...(first.trim() ? [] : ["first" as const]),
    ...(/^\+?[\d\s().-]{5,30}$/.test(phone.trim()) ? [] : ["phone" as const]),
    ...(email.trim() === "" || /^[^\s@]+@[^\s@]+$/.test(email.trim()) ? [] : ["email" as const]),
  ];
}

/** Meta's contact object. A number gets a button to write to it only if Meta knows it as `wa_id`, which we do not. */
export function contactBody(draft: CardDraft): ContactBody {
  const [first, last, phone, email, company] = [draft.first, draft.last, draft.phone, draft.email, draft.company].map(
    (text) => text.trim(),
  ) as [string, string, string, string, string];
  return {
    name: {
      formatted_name: [first, last].filter(Boolean).join(" "),
      first_name: first,
      ...(last ? { last_name: last } : {}),
    },
    phones: [{ phone, type: "WORK" }],
    ...(email ? { emails: [{ email, type: "WORK" }] } : {}),
    ...(company ? { org: { company } } : {}),
  };
}
