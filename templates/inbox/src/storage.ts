/** A third-party iframe may have no storage at all: reading the property itself can throw. */
type Area = "localStorage" | "sessionStorage";

const memory = new Map<string, string>();

export function recall(area: Area, key: string): string | null {
  try {
    return window[area].getItem(key);
  } catch {
    return memory.get(key) ?? null;
  }
}

export function keep(area: Area, key: string, value: string | null): void {
  try {
    if (value === null) window[area].removeItem(key);
    else window[area].setItem(key, value);
  } catch {
    if (value === null) memory.delete(key);
    else memory.set(key, value);
  }
}
