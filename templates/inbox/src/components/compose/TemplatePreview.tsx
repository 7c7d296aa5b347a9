import { filledText, mediaFormats, type TemplateValues } from "../../compose/templateFields";
import { partOf } from "../../compose/templates";
import type { Upload } from "../../compose/uploads";
import type { MessageTemplate, TemplatePart } from "../../meta";
import { LocationCard } from "../LocationCard";
import { Preview } from "./Preview";

interface Props {
  template: MessageTemplate;
  values: TemplateValues;
  upload: Upload | null;
}

/** A template as the customer will read it: drawn as a question with buttons is, which looks the same in WhatsApp. */
export function TemplatePreview({ template, values, upload }: Props) {
  const header = partOf(template, "HEADER");
  const buttons = partOf(template, "BUTTONS")?.buttons ?? [];
  const footer = partOf(template, "FOOTER")?.text;
  const interactive = {
    ...(header ? { header: headerOf(header, values) } : {}),
    body: { text: filledText(partOf(template, "BODY")?.text, "body", values) },
    ...(footer ? { footer: { text: footer } } : {}),
    action: { buttons: buttons.map(({ text = "" }) => ({ reply: { title: text } })) },
  };
  return (
    <>
      {header?.format === "LOCATION" && <LocationCard location={values.location ?? {}} />}
      <Preview content={{ type: "interactive", interactive }} upload={upload} />
    </>
  );
}

function headerOf({ format = "", text }: TemplatePart, values: TemplateValues) {
  const media = mediaFormats[format];
  return media ? { type: media } : { type: "text", text: filledText(text, "header", values) };
}
