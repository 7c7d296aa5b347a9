import {
  emptyRow,
  emptySection,
  type InteractiveDraft,
  limits,
  rowsIn,
  type SectionDraft,
} from "../../compose/interactive";
import { w } from "../../i18n/tools";
import { CloseIcon, PlusIcon } from "../icons";
import { TextField } from "./TextField";

interface Parts {
  draft: InteractiveDraft;
  change: (values: Partial<InteractiveDraft>) => void;
  /** What is wrong at a path in the interactive object. */
  errorOf: (path: string) => string | undefined;
}

const without = <Item,>(items: readonly Item[], place: number) => items.filter((_, index) => index !== place);
const withItem = <Item,>(items: readonly Item[], place: number, item: Item) =>
  items.map((one, index) => (index === place ? item : one));

export function ButtonFields({ draft: { buttons }, change, errorOf }: Parts) {
  return (
    <fieldset class="field-group">
      <legend>{w("interactive.buttons")}</legend>
      {buttons.map((title, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a button is known by its place
        <div key={place} class="field-line">
          <TextField
            label={w("interactive.buttonTitle", { number: place + 1 })}
            value={title}
            limit={limits.button}
            error={errorOf(`action.buttons[${place}].reply.title`)}
            onInput={(value) => change({ buttons: withItem(buttons, place, value) })}
          />
          {buttons.length > 1 && (
            <Remove
              label={w("interactive.removeButton", { number: place + 1 })}
              onRemove={() => change({ buttons: without(buttons, place) })}
            />
          )}
        </div>
      ))}
      <Add
        label={w("interactive.addButton")}
        used={buttons.length}
        limit={limits.buttons}
        onAdd={() => change({ buttons: [...buttons, ""] })}
      />
    </fieldset>
  );
}

export function LinkFields({ draft, change, errorOf }: Parts) {
  return (
    <>
      <TextField
        label={w("interactive.linkLabel")}
        value={draft.label}
        limit={limits.button}
        error={errorOf("action.parameters.display_text")}
        onInput={(label) => change({ label })}
      />
      <TextField
        label={w("interactive.url")}
        value={draft.url}
        limit={limits.url}
        inputMode="url"
        placeholder="https://"
        error={errorOf("action.parameters.url")}
        onInput={(url) => change({ url })}
      />
    </>
  );
}

export function ListFields({ draft, change, errorOf }: Parts) {
  const { sections, listButton } = draft;
  const used = rowsIn(draft);
  const put = (place: number, section: SectionDraft) => change({ sections: withItem(sections, place, section) });
  return (
    <>
      <TextField
        label={w("interactive.listButton")}
        value={listButton}
        limit={limits.button}
        error={errorOf("action.button")}
        onInput={(listButton) => change({ listButton })}
      />
      {sections.map((section, place) => (
        <Section
          // biome-ignore lint/suspicious/noArrayIndexKey: a section is known by its place
          key={place}
          place={place}
          section={section}
          several={sections.length > 1}
          used={used}
          errorOf={(path) => errorOf(`action.sections[${place}].${path}`)}
          onChange={(section) => put(place, section)}
          onRemove={() => change({ sections: without(sections, place) })}
        />
      ))}
      {/* Each has a row at least, of which there are no more. */}
      {used < limits.rows && (
        <Add
          label={w("interactive.addSection")}
          used={sections.length}
          limit={limits.sections}
          onAdd={() => change({ sections: [...sections, emptySection()] })}
        />
      )}
    </>
  );
}

interface SectionProps {
  place: number;
  section: SectionDraft;
  several: boolean;
  /** How many rows all sections have together, to which alone WhatsApp sets a limit. */
  used: number;
  errorOf: (path: string) => string | undefined;
  onChange: (section: SectionDraft) => void;
  onRemove: () => void;
}

function Section({ place, section, several, used, errorOf, onChange, onRemove }: SectionProps) {
  const { title, rows } = section;
  return (
    <fieldset class="field-group">
      <legend>{w("interactive.section", { number: place + 1 })}</legend>
      {several && (
        <div class="field-line">
          <TextField
            label={w("interactive.sectionTitle")}
            value={title}
            limit={limits.section}
            error={errorOf("title")}
            onInput={(title) => onChange({ ...section, title })}
          />
          <Remove label={w("interactive.removeSection", { number: place + 1 })} onRemove={onRemove} />
        </div>
      )}
      {rows.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is known by its place
        <div key={index} class="field-line">
          <TextField
            label={w("interactive.rowTitle", { number: index + 1 })}
            value={row.title}
            limit={limits.rowTitle}
            error={errorOf(`rows[${index}].title`)}
            onInput={(title) => onChange({ ...section, rows: withItem(rows, index, { ...row, title }) })}
          />
          <TextField
            label={w("interactive.rowDescription")}
            value={row.description}
            limit={limits.rowDescription}
            error={errorOf(`rows[${index}].description`)}
            onInput={(description) => onChange({ ...section, rows: withItem(rows, index, { ...row, description }) })}
          />
          {rows.length > 1 && (
            <Remove
              label={w("interactive.removeRow", { number: index + 1 })}
              onRemove={() => onChange({ ...section, rows: without(rows, index) })}
            />
          )}
        </div>
      ))}
      <Add
        label={w("interactive.addRow")}
        used={used}
        limit={limits.rows}
        onAdd={() => onChange({ ...section, rows: [...rows, emptyRow()] })}
      />
    </fieldset>
  );
}

/** What was added has the focus, which would be lost with a button that is no more. */
function focusLast(group: Element | null): void {
  requestAnimationFrame(() => {
    const parts = group?.querySelectorAll(":scope > :is(.field-line, .field-group)");
    parts
      ?.item(parts.length - 1)
      ?.querySelector("input")
      ?.focus();
  });
}

/** What took the place of what is gone, or else what stood before it: a line in its group, or a group. */
function focusNear(line: Element | null): void {
  const group = line?.parentElement;
  const near = [line, line?.previousElementSibling, group, group?.previousElementSibling];
  requestAnimationFrame(() => {
    const inputs = near.map((element) => (element?.isConnected ? element.querySelector("input") : null));
    inputs.find((input) => input)?.focus();
  });
}

interface AddProps {
  label: string;
  used: number;
  limit: number;
  onAdd: () => void;
}

/** One more, as long as there may be one. */
function Add({ label, used, limit, onAdd }: AddProps) {
  return (
    <p class="field-add">
      {used < limit && (
        <button
          type="button"
          class="link-button"
          onClick={(event) => {
            onAdd();
            focusLast(event.currentTarget.closest(".field-group, .tool-fields"));
          }}
        >
          <PlusIcon />
          {label}
        </button>
      )}
      <small class="count">{w("field.count", { used, limit })}</small>
    </p>
  );
}

function Remove({ label, onRemove }: { label: string; onRemove: () => void }) {
  return (
    <button
      type="button"
      class="icon-button icon-button-small"
      aria-label={label}
      title={label}
      onClick={(event) => {
        focusNear(event.currentTarget.closest(".field-line"));
        onRemove();
      }}
    >
      <CloseIcon />
    </button>
  );
}
