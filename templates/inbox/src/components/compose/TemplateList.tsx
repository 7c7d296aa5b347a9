import { useEffect, useRef, useState } from "preact/hooks";
import { findTemplates, isSendable, partOf, type TemplateSearch } from "../../compose/templates";
import { locale } from "../../i18n";
import { type ToolKey, w } from "../../i18n/tools";
import type { MessageTemplate } from "../../meta";
import { SearchIcon } from "../icons";

interface Props {
  templates: readonly MessageTemplate[];
  onChoose: (template: MessageTemplate) => void;
}

const categories: Readonly<Record<string, ToolKey>> = {
  AUTHENTICATION: "category.authentication",
  MARKETING: "category.marketing",
  UTILITY: "category.utility",
};
const categoryName = (category: string) => {
  const key = categories[category];
  return key ? w(key) : category;
};

const languages = new Intl.DisplayNames(locale, { type: "language" });

/** Meta writes en_US for what everybody else calls en-US. */
function languageName(code: string): string {
  try {
    return languages.of(code.replace("_", "-")) ?? code;
  } catch {
    return code;
  }
}

export function TemplateList({ templates, onChoose }: Props) {
  const [search, setSearch] = useState<TemplateSearch>({ words: "", language: "", category: "" });
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const found = findTemplates(templates, search);
  const all = (of: "language" | "category") => [...new Set(templates.map((template) => template[of]))].sort();
  return (
    <>
      <div class="template-search">
        <div class="search">
          <SearchIcon />
          <input
            ref={field}
            type="search"
            value={search.words}
            placeholder={w("template.search")}
            aria-label={w("template.search")}
            onInput={(event) => setSearch({ ...search, words: event.currentTarget.value })}
          />
        </div>
        <Choice
          label={w("template.language")}
          otherwise={w("template.allLanguages")}
          value={search.language}
          choices={all("language").map((code) => [code, languageName(code)])}
          onChoose={(language) => setSearch({ ...search, language })}
        />
        <Choice
          label={w("template.category")}
          otherwise={w("template.allCategories")}
          value={search.category}
          choices={all("category").map((category) => [category, categoryName(category)])}
          onChoose={(category) => setSearch({ ...search, category })}
        />
      </div>
      {found.length === 0 && (
        <p class="dialog-note" role="status">
          {w(templates.length === 0 ? "template.none" : "template.noneFound")}
        </p>
      )}
      <ul class="template-rows" aria-label={w("template.list")}>
        {found.map((template) => (
          <Row key={template.id} template={template} onChoose={onChoose} />
        ))}
      </ul>
    </>
  );
}

function Row({ template, onChoose }: { template: MessageTemplate } & Pick<Props, "onChoose">) {
  const sendable = isSendable(template);
  return (
    <li>
      <button type="button" class="template-row" disabled={!sendable} onClick={() => onChoose(template)}>
        <span class="template-line">
          <strong dir="ltr">{template.name}</strong>
          <span class="badge">{languageName(template.language)}</span>
          <span class="badge">{categoryName(template.category)}</span>
        </span>
        <span class="template-words" dir="auto">
          {sendable ? partOf(template, "BODY")?.text : w("template.unsendable")}
        </span>
      </button>
    </li>
  );
}

interface ChoiceProps {
  label: string;
  otherwise: string;
  value: string;
  choices: [value: string, label: string][];
  onChoose: (value: string) => void;
}

function Choice({ label, otherwise, value, choices, onChoose }: ChoiceProps) {
  if (choices.length < 2) return null;
  return (
    <select class="chip" aria-label={label} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
      <option value="">{otherwise}</option>
      {choices.map(([one, words]) => (
        <option key={one} value={one}>
          {words}
        </option>
      ))}
    </select>
  );
}
