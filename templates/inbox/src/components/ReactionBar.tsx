import { useEffect, useRef } from "preact/hooks";
import { openTool } from "../compose/tool";
import { w } from "../i18n/tools";
import { send } from "../sending";
import { openId } from "../store";
import { PlusIcon } from "./icons";

const emojis = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

interface Props {
  wamid: string | null;
  /** Our reaction, as it is shown. */
  reaction: string | undefined;
  onDone: () => void;
}

/** Each user has one reaction to a message: another takes its place, the same again takes it back. */
export function ReactionBar({ wamid, reaction, onDone }: Props) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.querySelector("button")?.focus(), []);
  const leave = () => {
    box.current?.closest<HTMLElement>(".message")?.focus();
    onDone();
  };
  const react = (emoji: string) => {
    leave();
    if (openId.value !== null && wamid !== null)
      send(openId.value, { type: "reaction", reaction: { message_id: wamid, emoji: emoji === reaction ? "" : emoji } });
  };
  const more = () => {
    leave();
    openTool("reaction", wamid);
  };
  const shown = reaction && !emojis.includes(reaction) ? [...emojis, reaction] : emojis;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape leaves the emoji from wherever the focus is among them
    <div
      class="emojis"
      ref={box}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        leave();
      }}
    >
      {shown.map((emoji) => (
        <button
          key={emoji}
          type="button"
          class="emoji"
          aria-pressed={emoji === reaction}
          aria-label={w(emoji === reaction ? "react.takeBack" : "react.with", { emoji })}
          title={emoji === reaction ? w("react.takeBack", { emoji }) : undefined}
          onClick={() => react(emoji)}
        >
          {emoji}
        </button>
      ))}
      <button type="button" class="emoji" aria-label={w("react.more")} title={w("react.more")} onClick={more}>
        <PlusIcon />
      </button>
    </div>
  );
}
