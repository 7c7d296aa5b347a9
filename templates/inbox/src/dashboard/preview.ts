/** The preview of an embed, in light and dark, and as wide as a phone. */
export function readyPreview(): void {
  const frame = document.querySelector<HTMLIFrameElement>("#preview");
  const modes = document.querySelector<HTMLFieldSetElement>("[data-preview-modes]");
  if (frame === null || modes === null) return;
  modes.hidden = false;
  modes.addEventListener("change", (event) => {
    const input = event.target as HTMLInputElement;
    if (input.name === "preview-phone") frame.dataset.phone = String(input.checked);
    else frame.src = `${frame.src.split("?")[0]}?mode=${input.value}`;
  });
}
