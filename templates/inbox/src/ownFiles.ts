/** Files that were uploaded from this page, by their id: what the server has of them need not be loaded to be seen. */
const urls = new Map<string, string>();

/** A browser keeps a file in memory, or on its disk, for as long as it has a URL. */
const most = 100;

export function keepOwnFile(id: string, file: Blob): string {
  const url = URL.createObjectURL(file);
  urls.set(id, url);
  const [oldest] = urls.keys();
  if (urls.size > most && oldest !== undefined) forgetOwnFile(oldest);
  return url;
}

export function forgetOwnFile(id: string): void {
  const url = urls.get(id);
  if (url) URL.revokeObjectURL(url);
  urls.delete(id);
}

export const ownFile = (id: string) => urls.get(id);
