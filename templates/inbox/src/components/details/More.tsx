import { d } from "../../i18n/details";
import { NotLoaded } from "./Section";
import type { Pages } from "./usePages";

/** What stands below a list of which there may be more. */
export function More<Row>({ next, phase, rows, load }: Pages<Row>) {
  if (phase === "failed") return <NotLoaded onRetry={load} />;
  if (next === null || rows.length === 0) return null;
  return (
    <button type="button" class="link-button details-more" aria-disabled={phase === "loading"} onClick={load}>
      {d("more")}
      {phase === "loading" && <span class="spinner" />}
    </button>
  );
}
