import { useRef, useState } from "preact/hooks";
import { attach } from "../../compose/attached";
import { now } from "../../now";
import { replyState } from "../../replyWindow";
import type { Conversation } from "../../types";

const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes("Files") ?? false;

/** Files that are dropped or pasted anywhere on a thread go into its tray; `over` while some are held above it. */
export function useDrop(conversation: Conversation | undefined) {
  const [over, setOver] = useState(false);
  // A pointer that goes from one element to the next enters the next before it leaves the first.
  const depth = useRef(0);
  const open = conversation !== undefined && replyState(conversation, now.value).open;

  const take = (event: Event, data: DataTransfer | null) => {
    const files = [...(data?.files ?? [])];
    const elsewhere = event.target instanceof Element && event.target.closest("dialog");
    if (!open || elsewhere || files.length === 0) return;
    event.preventDefault();
    void attach(conversation.id, files);
  };
  const hold = (event: DragEvent, step: number) => {
    if (!hasFiles(event)) return;
    // Or the browser would leave the page for the file.
    event.preventDefault();
    if (!open) {
      if (event.dataTransfer) event.dataTransfer.dropEffect = "none";
      return;
    }
    depth.current += step;
    setOver(depth.current > 0);
  };
  return {
    over,
    onDragEnter: (event: DragEvent) => hold(event, 1),
    onDragOver: (event: DragEvent) => hold(event, 0),
    onDragLeave: (event: DragEvent) => hold(event, -1),
    onDrop: (event: DragEvent) => {
      depth.current = 0;
      setOver(false);
      take(event, event.dataTransfer);
    },
    onPaste: (event: ClipboardEvent) => {
      // What is copied from a text editor is a text, and a picture of it besides.
      if (!event.clipboardData?.types.includes("text/plain")) take(event, event.clipboardData);
    },
  };
}
