import { useId, useRef } from "preact/hooks";
import { w } from "../../i18n/tools";
import { useGrowth } from "./useGrowth";

interface Props {
  label: string;
  value: string;
  onInput: (value: string) => void;
  /** In characters. */
  limit?: number;
  error?: string | undefined;
  hint?: string;
  placeholder?: string;
  inputMode?: "decimal" | "email" | "tel" | "url";
  multiline?: boolean;
  onPaste?: (event: ClipboardEvent) => void;
}

/** Of a field that may be this long one wants to know how much is left; of others, when they are half full. */
const short = 100;

/** A labelled field, with what is left of its limit and what is wrong with it. */
export function TextField({ label, value, onInput, limit, error, hint, multiline, ...rest }: Props) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  useGrowth(area, value);
  const common = {
    ...rest,
    id,
    value,
    ...(limit === undefined ? {} : { maxLength: limit }),
    // Numbers, addresses and links read from the left in every language.
    dir: rest.inputMode ? ("ltr" as const) : value ? ("auto" as const) : undefined,
    "aria-invalid": error !== undefined,
    "aria-describedby": `${id}-note`,
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {limit !== undefined && (multiline || limit <= short || value.length > limit / 2) && (
        <small class="count" aria-hidden="true">
          {w("field.count", { used: value.length, limit })}
        </small>
      )}
      {multiline ? (
        <textarea {...common} ref={area} rows={2} onInput={(event) => onInput(event.currentTarget.value)} />
      ) : (
        <input {...common} type="text" autocomplete="off" onInput={(event) => onInput(event.currentTarget.value)} />
      )}
      <small id={`${id}-note`} class={error ? "field-error" : "field-hint"}>
        {error ?? hint}
      </small>
    </div>
  );
}
