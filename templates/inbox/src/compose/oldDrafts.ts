import { keep } from "../storage";
import { prefix, stored } from "./drafts";

/** Of all embeds and people of this browser. */
const most = 100;

/** Nobody comes back to most of what was begun and left. Done once, by whoever loads this. */
function forget(): void {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  const ages = keys.map((key): [string, number] => [key, stored(key).at]);
  ages.sort(([, a], [, b]) => b - a);
  for (const [place, [key, at]] of ages.entries()) if (place >= most || at === 0) keep("localStorage", key, null);
}

try {
  forget();
} catch {
  // A third-party iframe may have no storage at all.
}
