import type { ComponentChildren } from "preact";

/** One hand for all: 20 units square, a line of 1.6, the colour of the text. Names are given by whatever holds them. */
function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export function drawn(...paths: string[]) {
  return () => (
    <Icon>
      {paths.map((path) => (
        <path key={path} d={path} />
      ))}
    </Icon>
  );
}

export const SearchIcon = drawn("M9 3.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11Z", "M13.2 13.2 16.8 16.8");
export const CloseIcon = drawn("M5.5 5.5 14.5 14.5", "M14.5 5.5 5.5 14.5");
export const BackIcon = drawn("M12 4.5 6.5 10 12 15.5");
export const PanelIcon = drawn(
  "M4.5 4h11A1.5 1.5 0 0 1 17 5.5v9a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 14.5v-9A1.5 1.5 0 0 1 4.5 4Z",
  "M12 4v12",
);
export const KeyboardIcon = drawn(
  "M4 5.5h12A1.5 1.5 0 0 1 17.5 7v6.5A1.5 1.5 0 0 1 16 15H4a1.5 1.5 0 0 1-1.5-1.5V7A1.5 1.5 0 0 1 4 5.5Z",
  "M5.5 8.5v.1M8.5 8.5v.1M11.5 8.5v.1M14.5 8.5v.1",
  "M7 12h6",
);
export const SendIcon = drawn("M10 16V4.5", "M5 9.2 10 4.2 15 9.2");
export const DownIcon = drawn("M10 4v11.5", "M5 10.8 10 15.8 15 10.8");
export const RetryIcon = drawn("M15.5 8A6 6 0 1 0 16 11.5", "M15.8 3.8V8h-4.2");
export const CopyIcon = drawn(
  "M8.5 7h7A1.5 1.5 0 0 1 17 8.5v7a1.5 1.5 0 0 1-1.5 1.5h-7A1.5 1.5 0 0 1 7 15.5v-7A1.5 1.5 0 0 1 8.5 7Z",
  "M13 7V4.5A1.5 1.5 0 0 0 11.5 3h-7A1.5 1.5 0 0 0 3 4.5v7A1.5 1.5 0 0 0 4.5 13H7",
);
export const CheckIcon = drawn("M4.5 10.5 8.2 14.2 15.5 6.2");
export const WarningIcon = drawn("M10 3.2 17.6 16.4H2.4Z", "M10 8v4", "M10 14.3v.1");
export const HandIcon = drawn(
  "M3.5 17v-1.5a4 4 0 0 1 4-4h2a4 4 0 0 1 2.6 1",
  "M8.5 3.5a2.8 2.8 0 1 1 0 5.6a2.8 2.8 0 0 1 0-5.6Z",
  "M12.5 15.5h5",
  "M15.3 13 17.8 15.5 15.3 18",
);
export const BotIcon = drawn(
  "M5 7.5h10A1.5 1.5 0 0 1 16.5 9v5.5A1.5 1.5 0 0 1 15 16H5a1.5 1.5 0 0 1-1.5-1.5V9A1.5 1.5 0 0 1 5 7.5Z",
  "M10 7.5V4",
  "M7.5 11v1.2",
  "M12.5 11v1.2",
);
export const OfflineIcon = drawn(
  "M3 3 17 17",
  "M5.6 9.8a6.5 6.5 0 0 1 3-1.7",
  "M2.8 7a10.5 10.5 0 0 1 3.2-2.1",
  "M9.5 4.1a10.5 10.5 0 0 1 7.7 2.9",
  "M12.6 8.7a6.5 6.5 0 0 1 1.8 1.1",
  "M10 14.5v.1",
);
export const PollIcon = drawn("M10 3.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13Z", "M10 6.5V10l2.5 1.8");
export const ImageIcon = drawn(
  "M4.5 3.5h11a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1v-11a1 1 0 0 1 1-1Z",
  "M3.5 14 8 9.5l3.5 3.5 2-2 3 3",
  "M12.8 7.3v.1",
);
export const VideoIcon = drawn(
  "M3.5 5h8A1.5 1.5 0 0 1 13 6.5v7a1.5 1.5 0 0 1-1.5 1.5h-8A1.5 1.5 0 0 1 2 13.5v-7A1.5 1.5 0 0 1 3.5 5Z",
  "M13 9 18 6v8l-5-3",
);
export const VoiceIcon = drawn(
  "M10 2.5A2.5 2.5 0 0 1 12.5 5v4.5a2.5 2.5 0 0 1-5 0V5A2.5 2.5 0 0 1 10 2.5Z",
  "M4.8 9.5a5.2 5.2 0 0 0 10.4 0",
  "M10 14.7V17.5",
);
export const PlayIcon = drawn("M7 4.5 15.5 10 7 15.5Z");
export const PauseIcon = drawn("M7 5v10", "M13 5v10");
export const FileIcon = drawn("M5.5 2.5h6l4 4v11h-10Z", "M11.5 2.5v4h4");
export const TemplateIcon = drawn("M4.5 3.5h11v13h-11Z", "M7.5 7h5", "M7.5 10h5", "M7.5 13h2.5");
export const StickerIcon = drawn(
  "M4.5 3.5h11a1 1 0 0 1 1 1V11l-5.5 5.5H4.5a1 1 0 0 1-1-1v-11a1 1 0 0 1 1-1Z",
  "M16.5 11H12a1 1 0 0 0-1 1v4.5",
);
export const PinIcon = drawn(
  "M10 17.5s5.5-4.9 5.5-9a5.5 5.5 0 0 0-11 0c0 4.1 5.5 9 5.5 9Z",
  "M10 6.8a1.8 1.8 0 1 1 0 3.6a1.8 1.8 0 0 1 0-3.6Z",
);
export const PersonIcon = drawn("M10 3.5a3.2 3.2 0 1 1 0 6.4a3.2 3.2 0 0 1 0-6.4Z", "M3.8 17a6.2 6.2 0 0 1 12.4 0");
export const CartIcon = drawn("M2.5 3.5h2l2 9h8.5l1.8-6.5H5.2", "M7.5 15.8v.1", "M14 15.8v.1");
export const FormIcon = drawn(
  "M4.5 3.5h11v13h-11Z",
  "M7.2 7.3l.9.9 1.5-1.7",
  "M7.2 12.1l.9.9 1.5-1.7",
  "M12 7.6h1",
  "M12 12.4h1",
);
export const PhoneIcon = drawn(
  "M5.2 3.5h2.3l1.3 3.4-1.7 1.2a8.6 8.6 0 0 0 4.8 4.8l1.2-1.7 3.4 1.3v2.3a1.7 1.7 0 0 1-1.8 1.7C8.7 16 4 11.3 3.5 5.3a1.7 1.7 0 0 1 1.7-1.8Z",
);
export const ForwardIcon = drawn("M11.5 4.5 16.5 9.5l-5 5", "M16 9.5H9a5 5 0 0 0-5 5v1");
export const BlockIcon = drawn("M10 3.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13Z", "M5.5 5.5 14.5 14.5");
export const AdIcon = drawn("M3.5 8v4h2.5l8.5 4V4L6 8Z", "M6.5 12.2l1 4h2.2l-.9-2.9", "M17 8.5v3");
export const SunIcon = drawn(
  "M10 6.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7Z",
  "M10 2v1.5",
  "M10 16.5V18",
  "M2 10h1.5",
  "M16.5 10H18",
  "M4.3 4.3l1.1 1.1",
  "M14.6 14.6l1.1 1.1",
  "M15.7 4.3l-1.1 1.1",
  "M5.4 14.6l-1.1 1.1",
);
export const MoonIcon = drawn("M16.5 11.8A6.8 6.8 0 0 1 8.2 3.5a6.8 6.8 0 1 0 8.3 8.3Z");
export const DeviceIcon = drawn(
  "M4 4h12a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Z",
  "M7.5 17h5",
  "M10 14v3",
);
export const InboxIcon = drawn("M3 11.5 5.2 4.5h9.6L17 11.5v4a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1Z", "M3 11.5h4l1 2h4l1-2h4");
export const ChatIcon = drawn(
  "M4.5 4h11A1.5 1.5 0 0 1 17 5.5v7a1.5 1.5 0 0 1-1.5 1.5H9l-4 3v-3h-.500A1.5 1.5 0 0 1 3 12.5v-7A1.5 1.5 0 0 1 4.5 4Z",
);
export const ClockIcon = PollIcon;
export const TickIcon = drawn("M5 10.5 8.5 14 15 6.5");
export const TicksIcon = drawn("M2 10.5 5.5 14 12 6.5", "M10 13.2l.8.8L17.5 6.5");
export const ClipIcon = drawn(
  "M15.5 9.5 10 15a3.6 3.6 0 0 1-5.1-5.1l6-6a2.4 2.4 0 0 1 3.4 3.4l-6 6a1.2 1.2 0 0 1-1.7-1.7l5.4-5.4",
);
export const MicrophoneIcon = drawn(
  "M10 3a2.5 2.5 0 0 1 2.5 2.5v4a2.5 2.5 0 0 1-5 0v-4A2.5 2.5 0 0 1 10 3Z",
  "M5 9.5a5 5 0 0 0 10 0",
  "M10 14.5v2.5",
);
export const StopIcon = drawn("M5.5 5.5h9v9h-9Z");
export const TrashIcon = drawn("M4.5 5.5h11", "M8 5.5v-2h4v2", "M6 5.5l.7 11h6.6l.7-11", "M8.7 8.5v5", "M11.3 8.5v5");
export const ReplyIcon = drawn("M8 5 3.5 9.5 8 14", "M4 9.5h7.5a5 5 0 0 1 5 5v1");
export const SmileIcon = drawn(
  "M10 3.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13Z",
  "M7.2 11.8a3.5 3.5 0 0 0 5.6 0",
  "M7.7 8.2v.1",
  "M12.3 8.2v.1",
);
export const DoneIcon = drawn("M10 3.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13Z", "M7 10.3 9.2 12.5 13.2 7.8");
export const UndoIcon = drawn("M4.5 8.5h7a4 4 0 0 1 0 8H8", "M7.8 5 4.3 8.5 7.8 12");
export const PlusIcon = drawn("M10 4.5v11", "M4.5 10h11");
export const ListIcon = drawn("M7.5 5.5h8", "M7.5 10h8", "M7.5 14.5h8", "M4.3 5.5v.1", "M4.3 10v.1", "M4.3 14.5v.1");
export const ChoicesIcon = drawn(
  "M4 4h12a1 1 0 0 1 1 1v3a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Z",
  "M5 12h10a1 1 0 0 1 0 4H5a1 1 0 0 1 0-4Z",
);
