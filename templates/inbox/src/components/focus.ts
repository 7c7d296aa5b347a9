/** After the next paint, when the panel that the row is in is on screen again. */
export function focusRow(id: string): void {
  requestAnimationFrame(() => {
    const row = document.getElementById(`row-${id}`) ?? document.querySelector<HTMLElement>(".rows [tabindex='0']");
    row?.focus();
  });
}

/** Touch keyboards should not open by themselves. */
export const hasTouchKeyboard = () => matchMedia("(pointer: coarse)").matches;

export const fieldId = "composer-field";

/** Where a reply is written, once it is drawn again. */
export function focusField(): void {
  requestAnimationFrame(() => document.getElementById(fieldId)?.focus());
}
