/** Opens the browser's file chooser; the promise gives no file if the reader changes their mind. */
export function chooseFiles(accept: string, multiple: boolean): Promise<File[]> {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = accept;
  input.multiple = multiple;
  input.hidden = true;
  // Safari opens none for an input outside the document.
  document.body.append(input);
  return new Promise<File[]>((resolve) => {
    input.onchange = () => resolve([...(input.files ?? [])]);
    input.oncancel = () => resolve([]);
    input.click();
  }).finally(() => input.remove());
}
