import type { MessageTemplate, SampleButton, SamplePart } from "../meta";
import type { LocationBody, TemplateBody, TemplateComponentBody, TemplateParameter } from "../reply";
import { saidBy, variable } from "../template";
import { partOf } from "./templates";

export type MediaFormat = "image" | "video" | "document";

/** Something that a template leaves open. `id` names it in the form. */
export type TemplateField =
  | { id: string; kind: "text"; place: "header" | "body"; name: string; example: string }
  | { id: string; kind: "suffix"; place: "button"; button: string; index: number; url: string; example: string }
  | { id: string; kind: "code"; place: "button"; button: string; index: number; example: string }
  | { id: string; kind: "media"; place: "header"; format: MediaFormat }
  | { id: string; kind: "location"; place: "header" };

/** What was filled in so far, by the id of the field. */
export interface TemplateValues {
  texts: Readonly<Record<string, string>>;
  upload: { id: string; filename: string } | null;
  location: LocationBody | null;
}

export const noValues: TemplateValues = { texts: {}, upload: null, location: null };

/** Meta's limits: of a copied code, and of a filled-in text. */
export const codeLimit = 15;
export const textLimit = 1024;

const variablesOf = (text = "") => [...new Set([...text.matchAll(variable)].map(([, name]) => name ?? ""))];

const mediaFormats: Readonly<Record<string, MediaFormat>> = {
  IMAGE: "image",
  VIDEO: "video",
  DOCUMENT: "document",
};

/** Everything to be filled in, in the order in which the message shows it. */
export function fieldsOf(template: MessageTemplate): TemplateField[] {
  const header = partOf(template, "HEADER");
  return [
    ...(header ? headerFields(header) : []),
    ...textFields("body", partOf(template, "BODY")),
    ...(partOf(template, "BUTTONS")?.buttons ?? []).flatMap((button, index) => buttonFields(template, button, index)),
  ];
}

function headerFields(header: SamplePart): TemplateField[] {
  const format = mediaFormats[header.format ?? ""];
  if (format) return [{ id: "header", kind: "media", place: "header", format }];
  if (header.format === "LOCATION") return [{ id: "header", kind: "location", place: "header" }];
  return textFields("header", header);
}

function textFields(place: "header" | "body", part: SamplePart | undefined): TemplateField[] {
  return variablesOf(part?.text).map((name, index) => ({
    id: `${place}.${name}`,
    kind: "text",
    place,
    name,
    example: exampleOf(part, place, name, index),
  }));
}

function exampleOf({ example }: SamplePart = {}, place: "header" | "body", name: string, index: number): string {
  const named = example?.[`${place}_text_named_params`] ?? [];
  const listed = place === "header" ? example?.header_text : example?.body_text?.[0];
  return named.find((one) => one.param_name === name)?.example ?? listed?.[index] ?? "";
}

/** The code of an authentication template stands in its body and is what the button copies. */
function buttonFields(template: MessageTemplate, button: SampleButton, index: number): TemplateField[] {
  const { type, text = "", url = "" } = button;
  if (template.category === "AUTHENTICATION") return [];
  const [example = ""] = [button.example ?? []].flat();
  if (type === "COPY_CODE")
    return [{ id: `button.${index}`, kind: "code", place: "button", button: text, index, example }];
  if (type === "URL" && variablesOf(url).length > 0)
    return [
      {
        id: `button.${index}`,
        kind: "suffix",
        place: "button",
        button: text,
        index,
        url,
        example: withoutStart(example, url),
      },
    ];
  return [];
}

/** Of an example Meta has the whole address. */
function withoutStart(example: string, url: string): string {
  const [start = ""] = url.split("{{");
  return example.startsWith(start) ? example.slice(start.length) : example;
}

/** The fields that have nothing in them yet. */
export function emptyFields(fields: readonly TemplateField[], { texts, upload, location }: TemplateValues): string[] {
  const isFilled = ({ id, kind }: TemplateField) =>
    kind === "media" ? upload !== null : kind === "location" ? location !== null : Boolean(texts[id]?.trim());
  return fields.filter((field) => !isFilled(field)).map((field) => field.id);
}

/** Meta's template object, and the path in it at which each field stands, for what the server says of it. */
export function fillIn(
  template: MessageTemplate,
  values: TemplateValues,
): { body: TemplateBody; paths: Map<string, string> } {
  const fields = fieldsOf(template);
  const named = template.parameter_format === "NAMED";
  const components: TemplateComponentBody[] = [];
  const paths = new Map<string, string>();
  for (const field of fields) {
    // The values of a header, or of the body, stand together; each button has a component of its own.
    let at = field.place === "button" ? -1 : components.findIndex(({ type }) => type === field.place);
    if (at < 0) at = components.push(emptyComponent(field)) - 1;
    const number = components[at]?.parameters.push(parameterOf(field, values, named)) ?? 0;
    paths.set(`template.components[${at}].parameters[${number - 1}]`, field.id);
  }
  const code = values.texts[fields[0]?.id ?? ""]?.trim() ?? "";
  for (const index of authenticationButtons(template))
    components.push({ type: "button", sub_type: "url", index, parameters: [{ type: "text", text: code }] });
  const { name, language } = template;
  return { body: { name, language: { code: language }, ...(components.length > 0 ? { components } : {}) }, paths };
}

function emptyComponent(field: TemplateField): TemplateComponentBody {
  if (field.place !== "button") return { type: field.place, parameters: [] };
  const sub_type = field.kind === "suffix" ? "url" : "copy_code";
  return { type: "button", sub_type, index: field.index, parameters: [] };
}

function parameterOf(
  field: TemplateField,
  { texts, upload, location }: TemplateValues,
  named: boolean,
): TemplateParameter {
  const text = texts[field.id]?.trim() ?? "";
  switch (field.kind) {
    case "text":
      return { type: "text", text, ...(named ? { parameter_name: field.name } : {}) };
    case "suffix":
      return { type: "text", text };
    case "code":
      return { type: "coupon_code", coupon_code: text };
    case "location":
      return { type: "location", location: location ?? {} };
    case "media": {
      const { id = "", filename = "" } = upload ?? {};
      if (field.format === "document") return { type: "document", document: { upload_id: id, filename } };
      const file = { upload_id: id };
      return field.format === "image" ? { type: "image", image: file } : { type: "video", video: file };
    }
  }
}

/** The buttons that copy an authentication's code, which stands in its body: by their index. */
function authenticationButtons({ category, components }: MessageTemplate): number[] {
  if (category !== "AUTHENTICATION") return [];
  const buttons = components.flatMap((part) => part.buttons ?? []);
  return buttons.flatMap(({ type }, index) => (type === "URL" || type === "OTP" ? [index] : []));
}

/** What the template says as it is filled in so far: its body, and the parts around that. */
export function shownOf({ components }: MessageTemplate, { components: values = [] }: TemplateBody) {
  return {
    words: saidBy(components, values).body,
    template_parts: components.filter(({ type }) => type !== "BODY"),
  };
}
