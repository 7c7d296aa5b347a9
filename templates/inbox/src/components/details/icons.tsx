import { drawn } from "../icons";

export const PencilIcon = drawn(
  "M4 16l.8-3.4 8.7-8.7a1.6 1.6 0 0 1 2.3 0l.3.3a1.6 1.6 0 0 1 0 2.3l-8.7 8.7Z",
  "M12 5.4l2.6 2.6",
);
export const LinkIcon = drawn(
  "M8.2 11.8a3.2 3.2 0 0 0 4.6 0l2.6-2.6a3.2 3.2 0 0 0-4.6-4.6l-1 1",
  "M11.8 8.2a3.2 3.2 0 0 0-4.6 0l-2.6 2.6a3.2 3.2 0 0 0 4.6 4.6l1-1",
);
