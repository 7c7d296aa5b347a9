import type { Upload } from "../../compose/uploads";
import { mediaOf } from "../../compose/uploads";
import { drawn } from "../../reply";
import type { Content, Message } from "../../types";
import { messageContent } from "../MessageContent";

interface Props {
  /** Of a template, what it says too. */
  content: Content & { type: string } & Partial<Pick<Message, "words" | "template_parts">>;
  upload?: Upload | null;
}

/** A message as the thread will show it. */
export function Preview({ content, upload }: Props) {
  return messageContent(drawn(content, upload ? mediaOf(upload) : null));
}
