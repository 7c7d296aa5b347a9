/** Buttons that copy what the field shows that their `data-copy` names. `say` tells screen readers. */
export function readyCopyButtons(say: (words: string) => void): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    const field = document.getElementById(button.dataset.copy ?? "");
    if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
      } catch {
        say("Copying is not allowed here; the text is selected.");
        return;
      }
      button.dataset.copied = "yes";
      say("Copied.");
      setTimeout(() => delete button.dataset.copied, 2000);
    });
  }
}
