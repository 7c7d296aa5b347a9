import type { ViewerWords } from "./en";

export const fr: ViewerWords = {
  count: "{at} sur {count}",
  download: "Télécharger",
  next: "Suivant",
  noFilm: "Ce navigateur ne peut pas lire la vidéo. Elle peut être téléchargée.",
  played: "Écouté",
  previous: "Précédent",
  saveContact: "Enregistrer le contact",
  shown: "Photos et vidéos",
  speed: "Vitesse : {speed}",
  unplayed: "Pas encore écouté",
  zoomIn: "Agrandir",
  zoomOut: "Réduire",
};
