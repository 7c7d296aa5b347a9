import {
  BlockIcon,
  CartIcon,
  FileIcon,
  ImageIcon,
  PersonIcon,
  PhoneIcon,
  PinIcon,
  StickerIcon,
  VideoIcon,
  VoiceIcon,
} from "./icons";

const icons = new Map(
  Object.entries({
    audio: VoiceIcon,
    call: PhoneIcon,
    contacts: PersonIcon,
    document: FileIcon,
    gif: ImageIcon,
    image: ImageIcon,
    location: PinIcon,
    media_placeholder: ImageIcon,
    order: CartIcon,
    sticker: StickerIcon,
    unsupported: BlockIcon,
    video: VideoIcon,
  }),
);

/** Before a message's one line; what is mere words has none. */
export function KindIcon({ type, deleted }: { type: string; deleted: boolean }) {
  const Icon = deleted ? BlockIcon : icons.get(type);
  return Icon ? <Icon /> : null;
}
