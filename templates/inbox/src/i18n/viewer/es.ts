import type { ViewerWords } from "./en";

export const es: ViewerWords = {
  count: "{at} de {count}",
  download: "Descargar",
  next: "Siguiente",
  noFilm: "Este navegador no puede reproducir el vídeo. Se puede descargar.",
  played: "Reproducido",
  previous: "Anterior",
  saveContact: "Guardar contacto",
  shown: "Fotos y vídeos",
  speed: "Velocidad: {speed}",
  unplayed: "Sin reproducir",
  zoomIn: "Acercar",
  zoomOut: "Alejar",
};
