/** As styles/compose/emoji.css has it. */
export const columns = 8;

/**
 * Where an arrow key leads in groups of these sizes, each of which begins a line of its own: the place among all of
 * them, -1 above the first line; undefined for any other key.
 */
export function step(sizes: readonly number[], at: number, key: string, rtl: boolean): number | undefined {
  const last = sizes.reduce((sum, size) => sum + size, 0) - 1;
  const [back, on] = rtl ? ["ArrowRight", "ArrowLeft"] : ["ArrowLeft", "ArrowRight"];
  switch (key) {
    case back:
      return Math.max(at - 1, 0);
    case on:
      return Math.min(at + 1, last);
    case "Home":
      return 0;
    case "End":
      return last;
    case "ArrowUp":
    case "ArrowDown":
      return line(lines(sizes), at, key === "ArrowUp" ? -1 : 1);
    default:
      return undefined;
  }
}

/** Each line as [its first place, its length]. */
function lines(sizes: readonly number[]): [first: number, length: number][] {
  const found: [number, number][] = [];
  let first = 0;
  for (const size of sizes) {
    for (let used = 0; used < size; used += columns) found.push([first + used, Math.min(columns, size - used)]);
    first += size;
  }
  return found;
}

function line(all: readonly [first: number, length: number][], at: number, by: number): number {
  const own = all.findIndex(([first, length]) => at < first + length);
  const [first = 0] = all[own] ?? [];
  if (own + by < 0) return -1;
  const [to, length] = all[own + by] ?? [at, 1];
  return to + Math.min(at - first, length - 1);
}
