import { webHref } from "../links";
import type { HeaderBody, InteractiveBody } from "../reply";

export type InteractiveKind = InteractiveBody["type"];
export type HeaderKind = "none" | "text" | "image" | "video" | "document";

export interface RowDraft {
  title: string;
  description: string;
}

export interface SectionDraft {
  title: string;
  rows: RowDraft[];
}

/** A question as far as it is written; each kind takes of it what it has. */
export interface InteractiveDraft {
  kind: InteractiveKind;
  headerKind: HeaderKind;
  header: string;
  upload: { id: string; filename: string } | null;
  body: string;
  footer: string;
  buttons: string[];
  listButton: string;
  sections: SectionDraft[];
  label: string;
  url: string;
}

/** Meta's limits, as shared/whatsapp/interactive.py has them: in characters, and of how many there may be. */
export const limits = {
  header: 60,
  footer: 60,
  button: 20,
  buttons: 3,
  section: 24,
  sections: 10,
  rowTitle: 24,
  rowDescription: 72,
  rows: 10,
  url: 2000,
};

export const bodyLimit = (kind: InteractiveKind) => (kind === "list" ? 4096 : 1024);

export const emptyRow = (): RowDraft => ({ title: "", description: "" });
export const emptySection = (): SectionDraft => ({ title: "", rows: [emptyRow()] });

export const emptyDraft = (): InteractiveDraft => ({
  kind: "button",
  headerKind: "none",
  header: "",
  upload: null,
  body: "",
  footer: "",
  buttons: [""],
  listButton: "",
  sections: [emptySection()],
  label: "",
  url: "",
});

/** The headers that a kind may have. */
export function headerKinds(kind: InteractiveKind): HeaderKind[] {
  if (kind === "location_request_message") return ["none"];
  return kind === "list" ? ["none", "text"] : ["none", "text", "image", "video", "document"];
}

const headerKindOf = ({ kind, headerKind }: InteractiveDraft): HeaderKind =>
  headerKinds(kind).includes(headerKind) ? headerKind : "none";

export const isMediaHeader = (kind: HeaderKind) => kind !== "none" && kind !== "text";

/** Meta's interactive object. */
export function interactiveBody(draft: InteractiveDraft): InteractiveBody {
  const header = headerBody(draft);
  const footer = draft.footer.trim();
  const bare = draft.kind === "location_request_message";
  return {
    type: draft.kind,
    ...(header ? { header } : {}),
    body: { text: draft.body.trim() },
    ...(footer && !bare ? { footer: { text: footer } } : {}),
    action: actionOf(draft),
  };
}

function headerBody(draft: InteractiveDraft): HeaderBody | null {
  const kind = headerKindOf(draft);
  const { id = "", filename = "" } = draft.upload ?? {};
  switch (kind) {
    case "none":
      return null;
    case "text":
      return { type: "text", text: draft.header.trim() };
    case "image":
      return { type: "image", image: { upload_id: id } };
    case "video":
      return { type: "video", video: { upload_id: id } };
    case "document":
      return { type: "document", document: { upload_id: id, filename } };
  }
}

/** Ids only have to differ: they say where an answer stood. */
function actionOf({ kind, buttons, listButton, sections, label, url }: InteractiveDraft): InteractiveBody["action"] {
  switch (kind) {
    case "button":
      return {
        buttons: buttons.map((title, index) => ({ type: "reply", reply: { id: `${index + 1}`, title: title.trim() } })),
      };
    case "list":
      return {
        button: listButton.trim(),
        sections: sections.map(({ title, rows }, section) => ({
          ...(title.trim() ? { title: title.trim() } : {}),
          rows: rows.map((row, index) => ({
            id: `${section + 1}.${index + 1}`,
            title: row.title.trim(),
            ...(row.description.trim() ? { description: row.description.trim() } : {}),
          })),
        })),
      };
    case "cta_url":
      return { name: "cta_url", parameters: { display_text: label.trim(), url: url.trim() } };
    case "location_request_message":
      return { name: "send_location" };
  }
}

export type Problem = "required" | "unique" | "url";

/** What is still wrong, by the path that the server would name it by. */
export function problemsOf(draft: InteractiveDraft): Map<string, Problem> {
  const wrong = new Map<string, Problem>();
  const need = (path: string, value: unknown) => value || wrong.set(`interactive.${path}`, "required");
  const headerKind = headerKindOf(draft);
  if (headerKind === "text") need("header.text", draft.header.trim());
  if (isMediaHeader(headerKind)) need(`header.${headerKind}`, draft.upload);
  need("body.text", draft.body.trim());
  if (draft.kind === "button") {
    const titles = draft.buttons.map((title) => title.trim());
    for (const [index, title] of titles.entries()) {
      const path = `action.buttons[${index}].reply.title`;
      need(path, title);
      if (title && titles.indexOf(title) !== index) wrong.set(`interactive.${path}`, "unique");
    }
  }
  if (draft.kind === "list") {
    need("action.button", draft.listButton.trim());
    for (const [section, { title, rows }] of draft.sections.entries()) {
      if (draft.sections.length > 1) need(`action.sections[${section}].title`, title.trim());
      for (const [row, { title }] of rows.entries())
        need(`action.sections[${section}].rows[${row}].title`, title.trim());
    }
  }
  if (draft.kind === "cta_url") {
    need("action.parameters.display_text", draft.label.trim());
    if (webHref(draft.url.trim()) === null) wrong.set("interactive.action.parameters.url", "url");
  }
  return wrong;
}

export const rowsIn = ({ sections }: InteractiveDraft) => sections.reduce((sum, { rows }) => sum + rows.length, 0);

/** The draft as its preview shows it: what has to be there, and is not yet, has its place. */
export function withDots(draft: InteractiveDraft): InteractiveDraft {
  const dots = (text: string) => text.trim() || "…";
  return {
    ...draft,
    header: dots(draft.header),
    body: dots(draft.body),
    buttons: draft.buttons.map(dots),
    listButton: dots(draft.listButton),
    sections: draft.sections.map(({ title, rows }) => ({
      title,
      rows: rows.map((row) => ({ ...row, title: dots(row.title) })),
    })),
    label: dots(draft.label),
    url: draft.url.trim() || "https://example.com",
  };
}
