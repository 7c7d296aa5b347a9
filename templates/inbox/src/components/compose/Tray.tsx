import "../../styles/compose/tray.css";
import { useEffect, useRef } from "preact/hooks";
import { attachedTo } from "../../compose/attached";
import { captionFirst } from "../../compose/tray";
import { w } from "../../i18n/tools";
import { hasTouchKeyboard } from "../focus";
import { TrayItem } from "./TrayItem";

interface Props {
  conversationId: string;
  /** What stands in the field. */
  words: string;
  onWordsTaken: () => void;
  onSend: () => void;
}

/** The files that will be sent, above the field. */
export function Tray({ conversationId, words, onWordsTaken, onSend }: Props) {
  const box = useRef<HTMLUListElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: when it opens
  useEffect(() => {
    if (words && captionFirst(conversationId, words)) onWordsTaken();
    if (!hasTouchKeyboard()) box.current?.querySelector("textarea")?.focus();
  }, []);
  return (
    <ul class="tray" ref={box} aria-label={w("tray.label")}>
      {attachedTo(conversationId).map((attachment) => (
        <TrayItem key={attachment.upload.id} attachment={attachment} onSend={onSend} />
      ))}
    </ul>
  );
}
