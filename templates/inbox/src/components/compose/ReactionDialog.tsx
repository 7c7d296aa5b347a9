import { tool } from "../../compose/tool";
import { t } from "../../i18n";
import { send } from "../../sending";
import type { Conversation } from "../../types";
import { EmojiPicker } from "./EmojiPicker";
import { ToolDialog } from "./ToolDialog";

interface Props {
  conversation: Conversation;
  onClose: () => void;
}

/** Any emoji as the reaction to a message. */
export function ReactionDialog({ conversation: { id }, onClose }: Props) {
  const wamid = tool.value?.about;
  const react = (emoji: string) => {
    if (wamid) send(id, { type: "reaction", reaction: { message_id: wamid, emoji } });
    onClose();
  };
  return (
    <ToolDialog title={t("tools.react")} onClose={onClose} small>
      <EmojiPicker onPick={react} />
    </ToolDialog>
  );
}
