import type { FailureWords } from "./en";

export const fr: FailureWords = {
  0: "WhatsApp n’a pas répondu. Réessayez dans un instant.",
  100: "WhatsApp n’a pas compris ce message. Réécrivez-le ; si cela échoue encore, prévenez le responsable de cet outil.",
  190: "WhatsApp n’accepte plus l’accès de ce numéro. Le responsable de cet outil doit le renouveler ; réessayez ensuite.",
  368: "WhatsApp a bloqué ce compte pour non-respect de ses règles. Son responsable en trouve la raison dans le Business Manager de Meta.",
  130429: "Trop de messages partent de ce numéro en même temps. Attendez une minute, puis réessayez.",
  130472:
    "Meta ne remet pas de messages marketing à cette personne, dans le cadre d’un test. Attendez qu’elle écrive, puis répondez.",
  131021: "Un numéro ne peut pas s’écrire à lui-même.",
  131026:
    "Le message n’a pas pu arriver : cette personne n’utilise peut-être pas WhatsApp, a une ancienne version ou n’a pas accepté les conditions. Essayez autrement.",
  131030:
    "C’est un numéro de test, qui ne peut écrire qu’aux personnes d’une liste. Son responsable doit y ajouter celle-ci.",
  131031: "WhatsApp a verrouillé ce compte. Son responsable doit régler cela avec Meta.",
  131042: "Meta n’a pas pu facturer ce message. Le responsable du compte doit vérifier le moyen de paiement.",
  131047:
    "Plus de 24 heures se sont écoulées depuis le dernier message du client. Envoyez un modèle, ou attendez qu’il écrive.",
  131048:
    "WhatsApp freine ce numéro, car trop de personnes l’ont bloqué ou signalé. Attendez quelques heures et écrivez moins.",
  131049: "Meta a retenu ce message, pour éviter trop de marketing. Ne le renvoyez pas avant un jour.",
  131050: "Cette personne ne veut pas de vos messages marketing. Ne le renvoyez pas.",
  131051: "WhatsApp ne remet pas ce type de message. Dites-le autrement.",
  131053:
    "WhatsApp n’a pas pu utiliser le fichier : son type ou sa taille ne convient pas. Joignez-le dans un autre format.",
  131056: "Trop de messages ont été envoyés à cette personne en peu de temps. Attendez une minute, puis réessayez.",
  132000: "Il manque une valeur au modèle, ou il y en a trop. Choisissez-le de nouveau et remplissez chaque champ.",
  132001: "WhatsApp n’a pas ce modèle dans cette langue, ou ne l’a pas approuvé. Choisissez-en un autre.",
  132005: "Une fois rempli, le modèle est trop long. Raccourcissez les valeurs.",
  132007: "Les règles de WhatsApp n’autorisent pas ce qui a été rempli. Écrivez-le autrement.",
  132012:
    "Une valeur n’a pas la forme voulue par le modèle, comme un texte à la place d’une image. Choisissez-le de nouveau et remplissez-le.",
  132015: "WhatsApp a suspendu ce modèle, car il déplaisait. Choisissez-en un autre.",
  132016: "WhatsApp a désactivé ce modèle pour de bon. Choisissez-en un autre.",
  133010: "Ce numéro n’est plus enregistré auprès de WhatsApp. Son responsable doit l’enregistrer de nouveau.",
};
