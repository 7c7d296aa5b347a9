import type { ViewerWords } from "./en";

export const pt: ViewerWords = {
  count: "{at} de {count}",
  download: "Baixar",
  next: "Próxima",
  noFilm: "Este navegador não consegue reproduzir o vídeo. Ele pode ser baixado.",
  played: "Reproduzida",
  previous: "Anterior",
  saveContact: "Salvar contato",
  shown: "Fotos e vídeos",
  speed: "Velocidade: {speed}",
  unplayed: "Ainda não reproduzida",
  zoomIn: "Aumentar zoom",
  zoomOut: "Diminuir zoom",
};
