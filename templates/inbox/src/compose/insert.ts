/**
 * Puts a text where the caret is, or in the place of what stands from `start` to `end`. As if it had been typed, so that
 * the browser's undo knows of it, which it does by this old command alone.
 */
export function insert(area: HTMLTextAreaElement, text: string, start?: number, end?: number): void {
  area.focus();
  if (start !== undefined && end !== undefined) area.setSelectionRange(start, end);
  if (document.execCommand("insertText", false, text)) return;
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

/** WhatsApp's marks around what is selected, or none where they are already; without a selection, around the caret. */
export function mark(area: HTMLTextAreaElement, sign: string): void {
  const { value, selectionStart, selectionEnd } = area;
  // A mark next to a space would be no mark.
  const chosen = value.slice(selectionStart, selectionEnd);
  const start = selectionStart + chosen.length - chosen.trimStart().length;
  const words = chosen.trim();
  const end = start + words.length;
  const size = sign.length;
  const marked = value.slice(start - size, start) === sign && value.slice(end, end + size) === sign;
  if (marked) insert(area, words, start - size, end + size);
  else insert(area, `${sign}${words}${sign}`, start, end);
  const moved = marked ? -size : size;
  area.setSelectionRange(start + moved, end + moved);
}
