/** Of the element that a message is drawn as: a quote leads there. */
export const messageId = (id: string) => `message-${id}`;

/** Brings a message into view and gives it the focus, so that it is seen and read out. */
export function showMessage(id: string): void {
  const element = document.getElementById(messageId(id));
  if (!element) return;
  element.dataset.shown = "";
  element.addEventListener("blur", () => delete element.dataset.shown, { once: true });
  element.scrollIntoView({ block: "center" });
  element.focus({ preventScroll: true });
}
