import { webHref } from "./links";
import type { Location, TemplateButton, TemplateComponent, TemplatePart, TemplateValue } from "./types";

export const variable = /\{\{\s*(\w+)\s*\}\}/g;

/** What a template says to whoever reads it. What it does not say is empty. */
export interface Said {
  file: "image" | "video" | "document" | undefined;
  place: Location | undefined;
  header: string;
  offer: string;
  body: string;
  footer: string;
  buttons: Button[];
  cards: Said[];
}

export type ButtonKind = "reply" | "link" | "call" | "code" | "other";

export interface Button {
  kind: ButtonKind;
  /** Empty where it is not known. */
  text: string;
  /** What the customer's answer names it by. */
  id: string;
  /** Where it leads. */
  href: string | null;
  /** What it was filled in with, where that is not to be seen otherwise. */
  note: string;
}

/**
 * A template's parts, filled in with the values of a message. A variable without a value stays as it is. Of a template
 * whose parts are not known, what the values say.
 */
export function saidBy(parts: readonly TemplatePart[] | null, values: readonly TemplateComponent[]): Said {
  const partOf = (type: string) => parts?.find((part) => part.type === type) ?? {};
  const valuesOf = (type: string) => ofType(values, type).flatMap(({ parameters }) => parameters ?? []);
  const [header, heads, words] = [partOf("HEADER"), valuesOf("header"), valuesOf("body")];
  return {
    file: files.find((file) => heads.some(({ type }) => type === file) || header.format === file.toUpperCase()),
    place: heads.find(({ location }) => location)?.location,
    header: parts ? fill(header.text, heads) : heads.map(textOf).join(""),
    offer: partOf("LIMITED_TIME_OFFER").limited_time_offer?.text ?? "",
    body: parts ? fill(partOf("BODY").text, words) : [...new Set(words.map(textOf))].filter(Boolean).join(" · "),
    footer: partOf("FOOTER").text ?? "",
    buttons: buttonsOf(parts && (partOf("BUTTONS").buttons ?? []), ofType(values, "button")),
    cards: cardsOf(parts && (partOf("CAROUSEL").cards ?? []), ofType(values, "carousel")[0]?.cards ?? []),
  };
}

const files = ["image", "video", "document"] as const;

const ofType = (values: readonly TemplateComponent[], wanted: string) =>
  values.filter(({ type }) => type?.toLowerCase() === wanted);

function fill(text = "", values: readonly TemplateValue[]): string {
  return text.replace(variable, (hole, name: string) => {
    const value = values.find(({ parameter_name }, index) => (parameter_name || `${index + 1}`) === name);
    return (value && textOf(value)) || hole;
  });
}

const textOf = ({ text, currency, date_time }: TemplateValue = {}) =>
  text ?? (currency ?? date_time)?.fallback_value ?? "";

type CardValues = NonNullable<TemplateComponent["cards"]>;

function cardsOf(cards: TemplatePart["cards"] | null, values: CardValues): Said[] {
  if (!cards) return values.map(({ components }) => saidBy(null, components ?? []));
  return cards.map(({ components }, index) =>
    saidBy(components ?? [], values.find(({ card_index }) => Number(card_index) === index)?.components ?? []),
  );
}

function buttonsOf(buttons: readonly TemplateButton[] | null, values: readonly TemplateComponent[]): Button[] {
  if (!buttons)
    return values.map(({ sub_type, parameters }) => buttonOf({ type: `${sub_type}`.toUpperCase() }, parameters ?? []));
  return buttons.map((button, index) =>
    buttonOf(button, values.find((one) => Number(one.index) === index)?.parameters ?? []),
  );
}

const kinds: Readonly<Record<string, ButtonKind>> = {
  QUICK_REPLY: "reply",
  URL: "link",
  PHONE_NUMBER: "call",
  VOICE_CALL: "call",
  COPY_CODE: "code",
  OTP: "code",
};

/** Authentication templates have such an address, at which nothing is: the phone copies the code at its end. */
const copiesCode = /^https:\/\/www\.whatsapp\.com\/otp\//;

function buttonOf({ type = "", text = "", url = "", phone_number = "" }: TemplateButton, values: TemplateValue[]) {
  const kind = copiesCode.test(url) ? "code" : ((Object.hasOwn(kinds, type) ? kinds[type] : undefined) ?? "other");
  const { payload, coupon_code } = values[0] ?? {};
  const value = coupon_code ?? textOf(values[0]);
  const href = kind === "link" ? addressOf(fill(url, values)) : kind === "call" ? callOf(phone_number) : null;
  const note = kind === "code" || (kind === "link" && url === "") ? value : "";
  return { kind, text, id: typeof payload === "string" ? payload : text, href, note };
}

/** One that is not filled in yet leads nowhere. */
const addressOf = (url: string) => (url.search(variable) < 0 ? webHref(url) : null);

function callOf(number: string): string | null {
  const digits = number.replace(/[^\d+]/g, "");
  return /\d{3}/.test(digits) ? `tel:${digits}` : null;
}

/** What was chosen of a template whose parts are not known says what its buttons are called, and that there are some. */
export function withAnswers(buttons: readonly Button[], chosen: ReadonlyMap<string, string>): Button[] {
  const named = buttons.map((button) => ({ ...button, text: button.text || (chosen.get(button.id) ?? "") }));
  const others = [...new Set(chosen.values())].filter((title) => !named.some(({ text }) => text === title));
  return [...named, ...others.map((text): Button => ({ kind: "reply", text, id: text, href: null, note: "" }))];
}
