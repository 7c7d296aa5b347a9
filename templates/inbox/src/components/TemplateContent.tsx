import { t } from "../i18n";
import type { Template } from "../types";
import { TemplateIcon } from "./icons";

/** The message carries the template's name and what was filled in; its words are kept with Meta. */
export function TemplateContent({ template }: { template: Template }) {
  const values = (template.components ?? [])
    .flatMap((component) => component.parameters ?? [])
    .flatMap((parameter) => parameter.text ?? []);
  return (
    <div class="card">
      <span class="card-icon">
        <TemplateIcon />
      </span>
      <span class="card-body">
        <bdi class="card-title">{t("content.template", { name: template.name ?? "" })}</bdi>
        {values.length > 0 && <small dir="auto">{[...new Set(values)].join(" · ")}</small>}
      </span>
    </div>
  );
}
