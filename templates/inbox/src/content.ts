import { t } from "./i18n";
import { plainText } from "./richtext";
import type { LastMessage, Message } from "./types";

/** The list's line for a conversation's last message. */
export function previewOf({ preview, type }: LastMessage): string {
  return plainText(preview) || typeName(type);
}

function typeName(type: string): string {
  switch (type) {
    case "audio":
    case "document":
    case "image":
    case "interactive":
    case "location":
    case "order":
    case "sticker":
    case "system":
    case "video":
      return t(`content.${type}`);
    case "contacts":
      return t("content.contacts", { count: 1 });
    case "reaction":
      return t("content.reactionRemoved");
    default:
      return t("content.unknown");
  }
}

/** The message in one line: for quotes, and for whoever cannot see the bubble. */
export function summary(message: Message): string {
  const { type } = message;
  switch (type) {
    case "text":
      return plainText(message.text?.body ?? "");
    case "image":
    case "video":
      return plainText(message[type]?.caption ?? "") || t(`content.${type}`);
    case "document":
      return plainText(message.document?.caption ?? "") || message.document?.filename || t("content.document");
    case "audio":
      return t(message.audio?.voice ? "content.voice" : "content.audio");
    case "sticker":
      return t("content.sticker");
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
    case "order":
      return t("content.order");
    case "system":
      return message.system?.body || t("content.system");
    case "reaction":
      return message.reaction?.emoji
        ? t("content.reactionAlone", { emoji: message.reaction.emoji })
        : t("content.reactionRemoved");
    default:
      return typeName(type);
  }
}

function interactiveText({ interactive }: Message): string {
  const reply = interactive?.button_reply?.title || interactive?.list_reply?.title;
  if (reply) return reply;
  if (interactive?.nfm_reply) return interactive.nfm_reply.body || t("content.flow");
  return plainText(interactive?.body?.text ?? "") || t("content.interactive");
}
