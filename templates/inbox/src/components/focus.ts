/** After the next paint, when the panel that the row is in is on screen again. */
export function focusRow(id: string): void {
  requestAnimationFrame(() => {
    const row = document.getElementById(`row-${id}`) ?? document.querySelector<HTMLElement>(".rows [tabindex='0']");
    row?.focus();
  });
}

/** The row that Tab leads to. */
export function focusList(): void {
  document.querySelector<HTMLElement>(".rows [tabindex='0']")?.focus();
}

/** Touch keyboards should not open by themselves. */
export const hasTouchKeyboard = () => matchMedia("(pointer: coarse)").matches;

export const fieldId = "composer-field";

export const composerId = "composer";

/** Where a reply is written, once it is drawn again; where none can be, what says why, unless the focus is elsewhere. */
export function focusField(): void {
  requestAnimationFrame(() => {
    const field = document.getElementById(fieldId);
    if (field) field.focus();
    else keepFocus();
  });
}

/** The message at which the Tab key stops, from where the arrow keys go on; false if there is none. */
export function focusLastMessage(): boolean {
  const last = document.querySelector<HTMLElement>(".log-content .message[tabindex='0']");
  last?.focus();
  return last !== null;
}

/** What had the focus is no more. No button gets it, which the next key that is meant for the field would press. */
export function keepFocus(): void {
  if (document.activeElement === document.body) document.getElementById(composerId)?.focus();
}
