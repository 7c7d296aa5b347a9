/** After the next paint, when the panel that the row is in is on screen again. */
export function focusRow(id: string): void {
  requestAnimationFrame(() => {
    const row = document.getElementById(`row-${id}`) ?? document.querySelector<HTMLElement>(".rows [tabindex='0']");
    row?.focus();
  });
}

/** Touch keyboards should not open by themselves. */
export const hasTouchKeyboard = () => matchMedia("(pointer: coarse)").matches;
