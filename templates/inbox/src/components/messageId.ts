/** Of the element that a message is drawn as: a quote leads there, or a search. */
export const messageId = (id: string) => `message-${id}`;

/** Gives a message the focus, and marks it until that goes elsewhere. */
export function markShown(element: HTMLElement): void {
  element.dataset.shown = "";
  element.addEventListener("blur", () => delete element.dataset.shown, { once: true });
  element.focus({ preventScroll: true });
}
