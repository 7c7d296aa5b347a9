export const en = {
  count: "{at} of {count}",
  download: "Download",
  next: "Next",
  noFilm: "This browser cannot play the video. It can be downloaded.",
  played: "Played",
  previous: "Previous",
  saveContact: "Save contact",
  shown: "Photos and videos",
  speed: "Speed: {speed}",
  unplayed: "Not played yet",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
} as const;

export type ViewerKey = keyof typeof en;
/** Every language has every key. */
export type ViewerWords = Readonly<Record<ViewerKey, string>>;
