import { callText } from "./call";
import { phone } from "./format";
import { isolated, type Key, t } from "./i18n";
import { plainText } from "./richtext";
import { safeName } from "./text";
import type { LastMessage, Message, QuotedMessage, System } from "./types";

/** One line for a message of which only the server's preview is at hand: in the list and in quotes. */
export function previewOf({ preview, type, deleted }: LastMessage | QuotedMessage): string {
  return deleted ? t("content.deleted") : plainText(preview) || typeName(type);
}

const typeNames: Record<string, Key> = {
  audio: "content.audio",
  call: "content.call",
  document: "content.document",
  image: "content.image",
  interactive: "content.interactive",
  location: "content.location",
  order: "content.order",
  request_welcome: "content.welcome",
  sticker: "content.sticker",
  system: "content.system",
  video: "content.video",
};

function typeName(type: string): string {
  if (type === "contacts") return t("content.contacts", { count: 1 });
  return t(own(typeNames, type) ?? own(kinds, type) ?? "content.unknown");
}

/** What WhatsApp does not pass on, by Meta's name for it. */
const kinds: Record<string, Key> = {
  button: "kind.button",
  edit: "kind.edit",
  errors: "kind.errors",
  gif: "kind.gif",
  group_invite: "kind.groupInvite",
  hsm: "kind.template",
  keep_in_chat: "kind.kept",
  link_preview: "kind.link",
  list: "kind.list",
  media_placeholder: "kind.media",
  pin: "kind.pin",
  poll_creation: "kind.poll",
  poll_update: "kind.vote",
  product: "kind.product",
  reaction: "kind.reaction",
};

/** What a message was that cannot be drawn; null where nobody says. */
export function unsupportedKind({ type, unsupported }: Message): string | null {
  const kind = type === "unsupported" ? `${unsupported?.type}` : type;
  if (kind === "contacts") return typeName(kind);
  const key = own(kinds, kind) ?? own(typeNames, kind);
  return key ? t(key) : null;
}

/** Why it is not here, in words of our own where we know Meta's number for it. */
export function unsupportedReason({ error }: Message): string {
  switch (error?.code) {
    case 131051:
      return t("error.notPassedOn");
    case 131052:
      return t("error.tooLarge");
    case 131060:
      return t("error.onPhone");
    default:
      return t("content.unsupported");
  }
}

/** A change of the customer's account: in the page's language where the change is known, else in Meta's words. */
export function systemText({ type, body, wa_id, new_wa_id }: System): string {
  const number = wa_id || new_wa_id;
  switch (type) {
    case "user_changed_number":
    case "customer_changed_number": {
      const old = oldNumber(body);
      if (number && old)
        return t("system.numberFromTo", { old: isolated(phone(old)), number: isolated(phone(number)) });
      return number ? t("system.numberTo", { number: isolated(phone(number)) }) : t("system.number");
    }
    case "user_changed_user_id":
      return t("system.userId");
    case "customer_identity_changed":
      return t("system.identity");
    default:
      return body || t("content.system");
  }
}

/** Only Meta's sentence has it: "User Ana changed from 15550100 to 15550101". */
const oldNumber = (body = "") => / from \+?(\d{6,15}) to \+?\d{6,15}\.?$/.exec(body)?.[1];

/** The message in one line: for quotes, and for whoever cannot see the bubble. */
export function summary(message: Message): string {
  const { type } = message;
  if (message.deleted_at !== null) return t("content.deleted");
  switch (type) {
    case "text":
      return plainText(message.text?.body ?? "");
    case "image":
    case "video":
      return plainText(message[type]?.caption ?? "") || t(`content.${type}`);
    case "document":
      return (
        plainText(message.document?.caption ?? "") ||
        safeName(message.document?.filename ?? "") ||
        t("content.document")
      );
    case "audio":
      return t(message.audio?.voice ? "content.voice" : "content.audio");
    case "location":
      return message.location?.name || t("content.location");
    case "contacts":
      return message.contacts?.[0]?.name?.formatted_name || t("content.contacts", { count: 1 });
    case "button":
      return message.button?.text ?? "";
    case "interactive":
      return interactiveText(message);
    case "template":
      return t("content.template", { name: message.template?.name ?? "" });
    case "system":
      return systemText(message.system ?? {});
    case "call":
      return callText(message.call ?? {}, message.direction);
    default:
      return unsupportedKind(message) ?? typeName(type);
  }
}

function interactiveText({ interactive }: Message): string {
  const reply = interactive?.button_reply?.title || interactive?.list_reply?.title;
  if (reply) return reply;
  if (interactive?.nfm_reply) return t("content.flow");
  if (interactive?.call_permission_reply) return permissionText(interactive.call_permission_reply.response);
  return plainText(interactive?.body?.text ?? "") || t("content.interactive");
}

export const permissionText = (response: string | undefined) =>
  t(response === "accept" ? "content.callsAllowed" : "content.callsRefused");

/** The names come from outside, and an object answers to some that nobody gave it. */
const own = (names: Record<string, Key>, name: string) => (Object.hasOwn(names, name) ? names[name] : undefined);
