import "../../styles/compose/tray.css";
import { useEffect, useRef } from "preact/hooks";
import { attach } from "../../compose/attached";
import { chooseFiles } from "../../compose/chooseFiles";
import { accepted, type Kind } from "../../compose/files";
import { openTool, type Tool } from "../../compose/tool";
import { type ToolKey, w } from "../../i18n/tools";
import { ChoicesIcon, FileIcon, ImageIcon, PersonIcon, PinIcon, StickerIcon, TemplateIcon, VoiceIcon } from "../icons";

interface Props {
  conversationId: string;
  onClose: () => void;
}

type Item = { label: ToolKey; Icon: typeof FileIcon } & ({ accept: string; kind?: Kind } | { opens: Tool });

const items: Item[] = [
  { label: "attach.media", Icon: ImageIcon, accept: accepted.media },
  { label: "attach.document", Icon: FileIcon, accept: accepted.document, kind: "document" },
  { label: "attach.audio", Icon: VoiceIcon, accept: accepted.audio, kind: "audio" },
  { label: "attach.sticker", Icon: StickerIcon, accept: accepted.sticker, kind: "sticker" },
  { label: "attach.location", Icon: PinIcon, opens: "location" },
  { label: "attach.contact", Icon: PersonIcon, opens: "contact" },
  { label: "attach.interactive", Icon: ChoicesIcon, opens: "interactive" },
  { label: "attach.template", Icon: TemplateIcon, opens: "template" },
];

export function AttachMenu({ conversationId, onClose }: Props) {
  const menu = useRef<HTMLDivElement>(null);
  useEffect(() => menu.current?.querySelector("button")?.focus(), []);
  const choose = async (item: Item) => {
    onClose();
    if ("opens" in item) openTool(item.opens);
    else await attach(conversationId, await chooseFiles(item.accept, item.kind !== "sticker"), item.kind);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const buttons = [...(menu.current?.querySelectorAll("button") ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Tab") onClose();
    if (to === undefined) return;
    event.preventDefault();
    buttons.at(to % buttons.length)?.focus();
  };
  return (
    <div class="menu" role="menu" tabIndex={-1} ref={menu} aria-label={w("attach.menu")} onKeyDown={onKeyDown}>
      {items.map((item) => (
        <button key={item.label} type="button" role="menuitem" tabIndex={-1} onClick={() => void choose(item)}>
          <item.Icon />
          {w(item.label)}
        </button>
      ))}
    </div>
  );
}
