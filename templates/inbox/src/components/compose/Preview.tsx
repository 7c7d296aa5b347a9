import type { Upload } from "../../compose/uploads";
import { mediaOf } from "../../compose/uploads";
import { drawn } from "../../reply";
import type { Content } from "../../types";
import { MessageContent } from "../MessageContent";

/** A message as the thread will show it. */
export function Preview({ content, upload }: { content: Content & { type: string }; upload?: Upload | null }) {
  return <MessageContent message={drawn(content, upload ? mediaOf(upload) : null)} />;
}
