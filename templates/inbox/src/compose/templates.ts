import type { MessageTemplate } from "../meta";

export interface TemplateSearch {
  words: string;
  /** Empty for all. */
  language: string;
  category: string;
}

export function findTemplates(templates: readonly MessageTemplate[], { words, language, category }: TemplateSearch) {
  const sought = words
    .trim()
    .toLowerCase()
    .split(/[\s_]+/);
  return templates.filter((template) => {
    const said = [template.name, ...template.components.map((part) => part.text ?? "")].join(" ").toLowerCase();
    return (
      (language === "" || template.language === language) &&
      (category === "" || template.category === category) &&
      sought.every((word) => said.includes(word))
    );
  });
}

export const partOf = ({ components }: MessageTemplate, type: string) => components.find((part) => part.type === type);

// What these want to be filled with cannot be asked of a person, or is known to a program alone.
const programs = new Set(["CAROUSEL", "LIMITED_TIME_OFFER", "ORDER_DETAILS"]);
const programButtons = new Set(["CATALOG", "MPM", "SPM", "ORDER_DETAILS"]);

/** Whether a person can fill it in here. */
export function isSendable({ components }: MessageTemplate): boolean {
  const buttons = components.flatMap((part) => part.buttons ?? []);
  return (
    !components.some((part) => programs.has(part.type ?? "")) &&
    !buttons.some((button) => programButtons.has(button.type ?? "")) &&
    !components.some((part) => part.format === "PRODUCT" || part.format === "GIF")
  );
}
