const times = new WeakMap<object, number>();

/** Timestamps are compared as instants (their spelling may differ) and each row's is parsed once. */
export function instant(row: object, iso: string): number {
  let time = times.get(row);
  if (time === undefined) {
    time = Date.parse(iso);
    times.set(row, time);
  }
  return time;
}

export const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

interface Sent {
  id: string;
  timestamp: string;
}

/** The order of a thread, oldest first, which is the server's in reverse. */
export const bySentAt = (a: Sent, b: Sent) => instant(a, a.timestamp) - instant(b, b.timestamp) || byId(a, b);

/** Where a row stands among sorted rows, or would stand. */
export function placeOf<Row extends Sent>(rows: readonly Row[], row: Sent): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bySentAt(rows[middle] as Row, row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Sorted rows with some put in, each in place of the copy of it that `before` has: long threads are not sorted anew. */
export function withRows<Row extends Sent>(
  rows: readonly Row[],
  fresh: Iterable<Row>,
  before: ReadonlyMap<string, Row>,
): Row[] {
  const sorted = [...rows];
  for (const row of fresh) {
    const known = before.get(row.id);
    if (known) sorted.splice(placeOf(sorted, known), 1);
    sorted.splice(placeOf(sorted, row), 0, row);
  }
  return sorted;
}
