export const en = {
  0: "WhatsApp did not answer. Try again in a moment.",
  100: "WhatsApp did not understand this message. Write it anew; if that fails too, tell whoever runs this tool.",
  190: "WhatsApp no longer accepts the access of this number. Whoever runs this tool has to renew it; then try again.",
  368: "WhatsApp has blocked this account for breaking its rules. Whoever runs the account finds the reason in Meta’s Business Manager.",
  130429: "Too many messages are being sent from this number at once. Wait a minute, then try again.",
  130472:
    "Meta keeps marketing messages from this person as part of an experiment. Wait until they write, then answer.",
  131021: "A number cannot write to itself.",
  131026:
    "The message could not reach this person: they may not use WhatsApp, may have an old version, or have not accepted its terms. Try another way.",
  131030:
    "This is a test number, which may write to listed people only. Whoever runs it has to add this one to the list.",
  131031: "WhatsApp has locked this account. Whoever runs it has to settle that with Meta.",
  131042: "Meta could not charge the account for this message. Whoever runs it has to look at the payment method.",
  131047: "More than 24 hours have passed since the customer last wrote. Send a template, or wait until they write.",
  131048:
    "WhatsApp slows this number down, because too many people have blocked or reported it. Wait some hours, and write less.",
  131049: "Meta held this message back, so that people do not get too much marketing. Do not repeat it within a day.",
  131050: "This person wants no marketing messages from you. Do not send it again.",
  131051: "WhatsApp does not deliver messages of this kind. Say it in another way.",
  131053: "WhatsApp could not use the file: its type or its size is not right. Attach it again as another type.",
  131056: "Too many messages went to this person within a short time. Wait a minute, then try again.",
  132000: "Something in the template was not filled in, or too much was. Choose it again and fill in every field.",
  132001: "WhatsApp does not have this template in this language, or has not approved it. Choose another one.",
  132005: "With what was filled in, the template is too long. Make the values shorter.",
  132007: "WhatsApp’s rules do not allow what was filled in. Write it differently.",
  132012:
    "A value has another form than the template wants, such as a text where a picture belongs. Choose it again and fill it in.",
  132015: "WhatsApp has paused this template, because people did not like it. Choose another one.",
  132016: "WhatsApp has switched this template off for good. Choose another one.",
  133010: "This number is not registered with WhatsApp any more. Whoever runs it has to register it anew.",
} as const;

export type FailureWords = Readonly<Record<keyof typeof en, string>>;
