import { useState } from "preact/hooks";
import { emptyLocation, locationBody, wrongCoordinates } from "../../compose/place";
import {
  codeLimit,
  emptyFields,
  fieldsOf,
  fillIn,
  shownOf,
  type TemplateField,
  type TemplateValues,
  textLimit,
} from "../../compose/templateFields";
import { mediaOf, type Upload } from "../../compose/uploads";
import { w } from "../../i18n/tools";
import type { MessageTemplate } from "../../meta";
import { PlaceFields } from "./PlaceFields";
import { Preview } from "./Preview";
import { TextField } from "./TextField";
import { ToolForm } from "./ToolForm";
import { UploadField } from "./UploadField";
import type { Submission } from "./useSubmit";
import { useUnsent } from "./useUnsent";

interface Props {
  conversationId: string;
  template: MessageTemplate;
  submission: Submission;
}

/** What a template leaves open, as fields. */
export function TemplateForm({ conversationId, template, submission }: Props) {
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const [place, setPlace] = useState(emptyLocation);
  const [upload, setUpload] = useState<Upload | null>(null);
  const [checked, setChecked] = useState(false);
  useUnsent(submission.sent ? null : upload);
  const fields = fieldsOf(template);
  const up = upload?.state.value.phase === "ready" ? upload : null;
  const values: TemplateValues = {
    texts,
    upload: up,
    location: wrongCoordinates(place).length === 0 ? locationBody(place) : null,
  };
  const empty = emptyFields(fields, values);
  const { body, paths } = fillIn(template, values);
  const shown = shownOf(template, body);

  const send = () => {
    setChecked(true);
    if (empty.length > 0) return;
    void submission.run({ type: "template", template: body }, { ...shown, media: up && mediaOf(up) });
  };
  const errorOf = (id: string) => {
    const said = Object.entries(submission.errors).find(([path]) =>
      [...paths].some(([start, field]) => field === id && path.startsWith(start)),
    );
    return checked && empty.includes(id) ? w("problem.required") : said?.[1][0];
  };
  const draw = (field: TemplateField) => {
    const { id } = field;
    const error = errorOf(id);
    const change = (value: string) => {
      setTexts({ ...texts, [id]: value });
      submission.clear();
    };
    switch (field.kind) {
      case "media":
        return (
          <UploadField
            key={id}
            conversationId={conversationId}
            label={w(`header.${field.format}`)}
            kind={field.format}
            upload={upload}
            onChange={setUpload}
            error={error}
          />
        );
      case "location":
        return (
          <PlaceFields
            key={id}
            draft={place}
            onChange={(change) => setPlace({ ...place, ...change })}
            errorOf={(side) =>
              checked && wrongCoordinates(place).includes(side) ? w("problem.coordinate") : undefined
            }
          />
        );
      default:
        return (
          <TextField
            key={id}
            label={labelOf(field)}
            value={texts[id] ?? ""}
            limit={field.kind === "code" ? codeLimit : textLimit}
            placeholder={field.example}
            {...(field.kind === "suffix" ? { hint: field.url } : {})}
            error={error}
            onInput={change}
          />
        );
    }
  };
  return (
    <ToolForm
      submission={submission}
      onSubmit={send}
      preview={<Preview content={{ type: "template", template: body, ...shown }} upload={up} />}
    >
      {fields.length === 0 ? <p class="field-hint">{w("template.nothingToFill")}</p> : fields.map(draw)}
    </ToolForm>
  );
}

function labelOf(field: Exclude<TemplateField, { kind: "media" } | { kind: "location" }>): string {
  if (field.kind === "suffix") return w("template.suffix", { button: field.button });
  if (field.kind === "code") return w("template.code");
  // Names say something by themselves, numbers only where they stand.
  if (!/^\d+$/.test(field.name)) return field.name.replaceAll("_", " ");
  return w(field.place === "header" ? "template.headerValue" : "template.bodyValue", { number: field.name });
}
