/**
 * Rows in the places that they had when they were `held`, though they have been reordered since: what is new comes only
 * below, where more of the list was loaded, and what is gone is left out.
 */
export function inHeldPlaces<Row extends { id: string }>(rows: readonly Row[], held: readonly Row[]): Row[] {
  const now = new Map(rows.map((row) => [row.id, row]));
  const known = new Set(held.map((row) => row.id));
  const below = rows.findLastIndex((row) => known.has(row.id)) + 1;
  return [...held.flatMap((row) => now.get(row.id) ?? []), ...rows.slice(below)];
}
