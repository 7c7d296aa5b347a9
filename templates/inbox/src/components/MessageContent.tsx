import { unsupportedKind, unsupportedReason } from "../content";
import { t } from "../i18n";
import { lazily } from "../lazily";
import type { Message, MessageError } from "../types";
import { isMedia, MediaCard } from "./MediaCard";
import { Text } from "./RichText";

const cards = () => import("./cards");
const ContactCards = lazily(() => cards().then((module) => module.ContactCards));
const InteractiveContent = lazily(() => cards().then((module) => module.InteractiveContent));
const LocationCard = lazily(() => cards().then((module) => module.LocationCard));
const OrderCard = lazily(() => cards().then((module) => module.OrderCard));
const TemplateContent = lazily(() => cards().then((module) => module.TemplateContent));

/** What Meta's content object says, by type. Whatever is unknown or incomplete shows as a placeholder, never as nothing. */
export function messageContent(message: Message) {
  const { type } = message;
  if (isMedia(type)) return <MediaCard message={message} type={type} />;
  switch (type) {
    case "text":
      return message.text?.body ? <Text body={message.text.body} /> : <Placeholder />;
    case "location":
      return message.location ? <LocationCard location={message.location} /> : <Placeholder />;
    case "contacts":
      return Array.isArray(message.contacts) ? <ContactCards cards={message.contacts} /> : <Placeholder />;
    case "button":
      return message.button?.text ? <Answer title={message.button.text} /> : <Placeholder />;
    case "interactive":
      return message.interactive ? (
        <InteractiveContent message={message} interactive={message.interactive} />
      ) : (
        <Placeholder />
      );
    case "order":
      return message.order ? <OrderCard order={message.order} /> : <Placeholder />;
    case "template":
      return <TemplateContent message={message} template={message.template ?? {}} />;
    default:
      return <Unsupported message={message} />;
  }
}

/** What a customer chose from buttons or a list. */
export function Answer({ title, description }: { title: string; description?: string | undefined }) {
  return (
    <div class="answer">
      <small>{t("content.reply")}</small>
      <strong dir="auto">{title}</strong>
      {description && <span dir="auto">{description}</span>}
    </div>
  );
}

/** What WhatsApp does not pass on, or we do not know: what it was, why it is not here, and what Meta says of it. */
function Unsupported({ message }: { message: Message }) {
  const kind = unsupportedKind(message);
  return (
    <div class="unsupported">
      {kind && <strong>{kind}</strong>}
      <p class="placeholder">{unsupportedReason(message)}</p>
    </div>
  );
}

/** Meta's own words, for whoever has to look into it. */
export function MetaReason({ error: { code, title, details } }: { error: MessageError }) {
  return (
    <small class="text meta-reason" dir="auto" title={`${code}`}>
      {details || title}
    </small>
  );
}

function Placeholder() {
  return <p class="placeholder">{t("content.unsupported")}</p>;
}
