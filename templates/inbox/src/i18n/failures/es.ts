import type { FailureWords } from "./en";

export const es: FailureWords = {
  0: "WhatsApp no ha respondido. Inténtalo de nuevo en un momento.",
  100: "WhatsApp no ha entendido este mensaje. Escríbelo de nuevo; si vuelve a fallar, avisa a quien lleva esta herramienta.",
  190: "WhatsApp ya no acepta el acceso de este número. Quien lleva esta herramienta debe renovarlo; después, inténtalo de nuevo.",
  368: "WhatsApp ha bloqueado esta cuenta por incumplir sus normas. Quien la lleva encuentra el motivo en el Business Manager de Meta.",
  130429: "Se están enviando demasiados mensajes a la vez desde este número. Espera un minuto e inténtalo de nuevo.",
  130472: "Meta no entrega mensajes de marketing a esta persona por un experimento. Espera a que escriba y respóndele.",
  131021: "Un número no puede escribirse a sí mismo.",
  131026:
    "El mensaje no ha podido llegar: puede que esta persona no use WhatsApp, tenga una versión antigua o no haya aceptado las condiciones. Prueba por otra vía.",
  131030:
    "Este es un número de prueba y solo puede escribir a personas de una lista. Quien lo lleva debe añadir a esta.",
  131031: "WhatsApp ha bloqueado esta cuenta. Quien la lleva debe resolverlo con Meta.",
  131042: "Meta no ha podido cobrar este mensaje. Quien lleva la cuenta debe revisar el método de pago.",
  131047: "Han pasado más de 24 horas desde el último mensaje del cliente. Envía una plantilla o espera a que escriba.",
  131048:
    "WhatsApp frena este número porque demasiada gente lo ha bloqueado o denunciado. Espera unas horas y escribe menos.",
  131049:
    "Meta ha retenido este mensaje para que la gente no reciba demasiado marketing. No lo repitas antes de un día.",
  131050: "Esta persona no quiere recibir tus mensajes de marketing. No lo envíes de nuevo.",
  131051: "WhatsApp no entrega mensajes de este tipo. Dilo de otra manera.",
  131053: "WhatsApp no ha podido usar el archivo: su tipo o su tamaño no es correcto. Adjúntalo en otro formato.",
  131056: "Se han enviado demasiados mensajes a esta persona en poco tiempo. Espera un minuto e inténtalo de nuevo.",
  132000: "En la plantilla falta o sobra algún dato. Elígela de nuevo y completa todos los campos.",
  132001: "WhatsApp no tiene esta plantilla en este idioma o no la ha aprobado. Elige otra.",
  132005: "Con los datos completados, la plantilla es demasiado larga. Acorta los textos.",
  132007: "Las normas de WhatsApp no permiten lo que se ha completado. Escríbelo de otra manera.",
  132012:
    "Un dato no tiene la forma que pide la plantilla, como un texto en lugar de una imagen. Elígela de nuevo y complétala.",
  132015: "WhatsApp ha pausado esta plantilla porque no gustaba. Elige otra.",
  132016: "WhatsApp ha desactivado esta plantilla para siempre. Elige otra.",
  133010: "Este número ya no está registrado en WhatsApp. Quien lo lleva debe registrarlo de nuevo.",
};
