import { useEffect, useRef, useState } from "preact/hooks";
import type { Phase } from "../../reducer";

interface Page<Row> {
  data: Row[];
  paging: { next: string | null };
}

interface Loaded<Row> {
  rows: readonly Row[];
  next: string | null;
  phase: Phase;
}

export interface Pages<Row> extends Loaded<Row> {
  /** The page that is next, or the one that did not come. */
  load: () => void;
}

const nothing = { rows: [], next: null, phase: "loading" } as const;

/** A list page by page, from its beginning again with each other `key`; with none it waits for one. */
export function usePages<Row>(key: string | null, fetchPage: (after: string | null) => Promise<Page<Row>>): Pages<Row> {
  const [loaded, setLoaded] = useState<Loaded<Row>>(nothing);
  const wanted = useRef(key);
  const fetchFrom = async (before: Loaded<Row>) => {
    setLoaded({ ...before, phase: "loading" });
    try {
      const { data, paging } = await fetchPage(before.next);
      if (wanted.current === key) setLoaded({ rows: [...before.rows, ...data], next: paging.next, phase: "ready" });
    } catch {
      if (wanted.current === key) setLoaded({ ...before, phase: "failed" });
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says what is asked for
  useEffect(() => {
    wanted.current = key;
    if (key !== null) void fetchFrom(nothing);
    return () => {
      wanted.current = null;
    };
  }, [key]);
  const load = () => {
    if (loaded.phase !== "loading") void fetchFrom(loaded);
  };
  return { ...loaded, load };
}
