import type { RowMap } from "./rowMap";

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

interface Active {
  id: string;
  last_active_at: string;
}

type Order<Row> = (a: Row, b: Row) => number;

/** The order of a thread, oldest first, which is the server's in reverse. */
export const bySentAt = (a: Sent, b: Sent) => instant(a, a.timestamp) - instant(b, b.timestamp) || byId(a, b);

/** The order of the list, newest first, which is the server's. */
export const byActivity = (a: Active, b: Active) =>
  instant(b, b.last_active_at) - instant(a, a.last_active_at) || byId(b, a);

/** Where a row stands among sorted rows, or would stand. */
export function placeOf<Key, Row extends Key>(rows: readonly Row[], row: Key, order: Order<Key>): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order(rows[middle] as Row, row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Sorted rows with some put in, each in place of the copy of it that `before` has: what is long is not sorted anew. */
export function withRows<Row extends { id: string }>(
  rows: readonly Row[],
  fresh: Iterable<Row>,
  before: RowMap<Row>,
  order: Order<Row>,
): Row[] {
  const sorted = [...rows];
  for (const row of fresh) {
    const known = before.get(row.id);
    if (known) sorted.splice(placeOf(sorted, known, order), 1);
    sorted.splice(placeOf(sorted, row, order), 0, row);
  }
  return sorted;
}
