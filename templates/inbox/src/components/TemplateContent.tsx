import { type Answers, chosen } from "../chosen";
import { t } from "../i18n";
import { type Said, saidBy, withAnswers } from "../template";
import type { Message, Template } from "../types";
import { Framed } from "./Framed";
import { TemplateIcon } from "./icons";
import { LocationCard } from "./LocationCard";
import { HeaderFile } from "./MediaCard";
import { Text } from "./RichText";
import { TemplateButtons } from "./TemplateButtons";

/** Until its words are known, the message carries the template's name and what was filled in. */
export function TemplateContent({ message, template }: { message: Message; template: Template }) {
  const { id, words, template_parts } = message;
  const said = saidBy(template_parts, template.components ?? []);
  const answers = chosen.value.get(id) ?? new Map();
  const buttons = template_parts ? said.buttons : withAnswers(said.buttons, answers);
  return (
    <>
      <HeaderFile message={message} type={said.file} />
      {said.place && <LocationCard location={said.place} />}
      <Framed header={said.header} footer={said.footer}>
        {said.offer && (
          <strong class="text" dir="auto">
            {said.offer}
          </strong>
        )}
        {words ? <Text body={words} /> : <Card name={template.name ?? ""} values={said.body} />}
      </Framed>
      <TemplateButtons buttons={buttons} chosen={answers} />
      {said.cards.length > 0 && (
        <ul class="template-cards">
          {said.cards.map((card, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a template's cards never move
            <CarouselCard key={index} card={card} chosen={answers} />
          ))}
        </ul>
      )}
    </>
  );
}

function Card({ name, values }: { name: string; values: string }) {
  return (
    <div class="card">
      <span class="card-icon">
        <TemplateIcon />
      </span>
      <span class="card-body">
        <bdi class="card-title">{t("content.template", { name })}</bdi>
        {values && <small dir="auto">{values}</small>}
      </span>
    </div>
  );
}

/** Its picture or film is at Meta alone. */
function CarouselCard({ card, chosen }: { card: Said; chosen: Answers }) {
  return (
    <li>
      {card.file && <small class="text">{t(`content.${card.file}`)}</small>}
      {card.body && <Text body={card.body} />}
      <TemplateButtons buttons={card.buttons} chosen={chosen} />
    </li>
  );
}
