import type { Message } from "./types";

/** The words of a message that somebody may want elsewhere; empty for what has none. */
export function wordsOf({ type, text, image, video, document, button, interactive, location }: Message): string {
  switch (type) {
    case "text":
      return text?.body ?? "";
    case "image":
      return image?.caption ?? "";
    case "video":
      return video?.caption ?? "";
    case "document":
      return document?.caption ?? "";
    case "button":
      return button?.text ?? "";
    case "interactive":
      return interactive?.button_reply?.title ?? interactive?.list_reply?.title ?? interactive?.body?.text ?? "";
    case "location":
      return location ? `${location.latitude}, ${location.longitude}` : "";
    default:
      return "";
  }
}
