import type { FailureWords } from "./en";

export const de: FailureWords = {
  0: "WhatsApp hat nicht geantwortet. Versuche es gleich noch einmal.",
  100: "WhatsApp hat diese Nachricht nicht verstanden. Schreibe sie neu; wenn auch das nicht geht, sag denen Bescheid, die dieses Werkzeug betreiben.",
  190: "WhatsApp erkennt den Zugang dieser Nummer nicht mehr an. Er muss erneuert werden; versuche es danach noch einmal.",
  368: "WhatsApp hat dieses Konto wegen eines Regelverstoßes gesperrt. Der Grund steht in Metas Business Manager.",
  130429: "Von dieser Nummer gehen gerade zu viele Nachrichten aus. Warte eine Minute und versuche es noch einmal.",
  130472:
    "Meta stellt dieser Person wegen eines Versuchs keine Werbenachrichten zu. Warte, bis sie schreibt, und antworte dann.",
  131021: "Eine Nummer kann nicht an sich selbst schreiben.",
  131026:
    "Die Nachricht kam nicht an: Vielleicht nutzt die Person kein WhatsApp, eine alte Version oder hat die Bedingungen nicht angenommen. Versuche es auf anderem Weg.",
  131030:
    "Das ist eine Testnummer, die nur an eingetragene Personen schreiben darf. Diese muss erst eingetragen werden.",
  131031: "WhatsApp hat dieses Konto gesperrt. Das muss mit Meta geklärt werden.",
  131042: "Meta konnte diese Nachricht nicht abrechnen. Das Zahlungsmittel des Kontos muss geprüft werden.",
  131047:
    "Die Person hat sich seit mehr als 24 Stunden nicht gemeldet. Sende eine Vorlage oder warte, bis sie schreibt.",
  131048:
    "WhatsApp bremst diese Nummer, weil zu viele sie blockiert oder gemeldet haben. Warte einige Stunden und schreibe weniger.",
  131049:
    "Meta hat diese Nachricht zurückgehalten, damit niemand zu viel Werbung bekommt. Wiederhole sie frühestens in einem Tag.",
  131050: "Diese Person möchte keine Werbenachrichten von euch. Sende sie nicht noch einmal.",
  131051: "WhatsApp stellt Nachrichten dieser Art nicht zu. Sag es auf andere Weise.",
  131053:
    "WhatsApp konnte die Datei nicht verwenden: Art oder Größe stimmt nicht. Hänge sie in einem anderen Format an.",
  131056: "An diese Person gingen in kurzer Zeit zu viele Nachrichten. Warte eine Minute und versuche es noch einmal.",
  132000: "In der Vorlage fehlt etwas, oder es ist zu viel. Wähle sie neu und fülle jedes Feld aus.",
  132001: "WhatsApp hat diese Vorlage nicht in dieser Sprache oder hat sie nicht genehmigt. Wähle eine andere.",
  132005: "Ausgefüllt ist die Vorlage zu lang. Kürze die Angaben.",
  132007: "WhatsApps Regeln erlauben das Ausgefüllte nicht. Schreibe es anders.",
  132012:
    "Eine Angabe hat nicht die Form, die die Vorlage will, etwa Text statt eines Bildes. Wähle sie neu und fülle sie aus.",
  132015: "WhatsApp hat diese Vorlage angehalten, weil sie nicht gut ankam. Wähle eine andere.",
  132016: "WhatsApp hat diese Vorlage endgültig abgeschaltet. Wähle eine andere.",
  133010: "Diese Nummer ist bei WhatsApp nicht mehr angemeldet. Sie muss neu angemeldet werden.",
};
