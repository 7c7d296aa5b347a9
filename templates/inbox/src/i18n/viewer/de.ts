import type { ViewerWords } from "./en";

export const de: ViewerWords = {
  count: "{at} von {count}",
  download: "Herunterladen",
  next: "Weiter",
  noFilm: "Dieser Browser kann das Video nicht abspielen. Es lässt sich herunterladen.",
  played: "Angehört",
  previous: "Zurück",
  saveContact: "Kontakt speichern",
  shown: "Fotos und Videos",
  speed: "Tempo: {speed}",
  unplayed: "Noch nicht angehört",
  zoomIn: "Vergrößern",
  zoomOut: "Verkleinern",
};
