import { t } from "../i18n";
import type { Message, Template } from "../types";
import { TemplateIcon } from "./icons";
import { HeaderFile } from "./MediaCard";
import { Text } from "./RichText";

/** Until its words are known, the message carries the template's name and what was filled in. */
export function TemplateContent({ message, template }: { message: Message; template: Template }) {
  const parameters = (template.components ?? []).flatMap((component) => component.parameters ?? []);
  const values = parameters.flatMap((parameter) => parameter.text ?? []);
  const file = parameters.find(({ type }) => type === "image" || type === "video" || type === "document");
  return (
    <>
      <HeaderFile message={message} type={file?.type} />
      {message.words ? <Text body={message.words} /> : <Card name={template.name ?? ""} values={values} />}
    </>
  );
}

function Card({ name, values }: { name: string; values: string[] }) {
  return (
    <div class="card">
      <span class="card-icon">
        <TemplateIcon />
      </span>
      <span class="card-body">
        <bdi class="card-title">{t("content.template", { name })}</bdi>
        {values.length > 0 && <small dir="auto">{[...new Set(values)].join(" · ")}</small>}
      </span>
    </div>
  );
}
