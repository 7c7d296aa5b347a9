import { t } from "./i18n";

/** What a customer filled in, as names and values for people: Meta gives the ids of a form's fields, as a JSON text. */
export type FlowAnswer = [name: string, value: string];

/** The form's own bookkeeping. */
const hidden = new Set(["flow_token", "wa_flow_response_params"]);
const mostAnswers = 100;
const deepest = 4;

/** Empty if there is nothing that can be read. */
export function flowAnswers(response: unknown): FlowAnswer[] {
  return entries(parsed(response), deepest).slice(0, mostAnswers);
}

function parsed(response: unknown): unknown {
  if (typeof response !== "string") return response;
  try {
    return JSON.parse(response);
  } catch {
    return null;
  }
}

function entries(answers: unknown, depth: number): FlowAnswer[] {
  if (!isObject(answers) || depth === 0) return [];
  return Object.entries(answers).flatMap(([key, value]): FlowAnswer[] => {
    if (hidden.has(key)) return [];
    if (isObject(value) && !fileName(value)) return entries(value, depth - 1);
    const said = words(value, generated.test(key));
    return said ? [[fieldName(key), said]] : [];
  });
}

/** Ids that Meta's form builder makes up: "screen_0_First_name_1", and "0_Very_good" for a choice. */
const generated = /^screen_\d+_/;

function fieldName(key: string): string {
  const bare = generated.test(key) ? key.replace(generated, "").replace(/_\d+$/, "") : key;
  const name = bare
    .replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .replace(/[_-]+/g, " ")
    .trim();
  return name.charAt(0).toLocaleUpperCase() + name.slice(1);
}

function words(value: unknown, ofBuilder: boolean): string {
  if (Array.isArray(value))
    return value
      .map((part) => words(part, ofBuilder))
      .filter(Boolean)
      .join(", ");
  if (typeof value === "boolean") return t(value ? "content.yes" : "content.no");
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return ofBuilder ? choice(value) : value;
  return isObject(value) ? (fileName(value) ?? JSON.stringify(value)) : "";
}

const choice = (value: string) => (/^\d+_./.test(value) ? value.replace(/^\d+_/, "").replaceAll("_", " ") : value);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A file that was handed in with the form. */
function fileName({ file_name }: Record<string, unknown>): string | null {
  return typeof file_name === "string" && file_name ? file_name : null;
}
