import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { loadNewerMessages, loadOlderMessages } from "../actions";
import { t } from "../i18n";
import type { Thread, ThreadPhase } from "../thread";

type Box = RefObject<HTMLElement | null>;

/** Loads what is older as the reader comes near the top. */
export function LogStart({ thread: { next, phase }, box }: { thread: Thread; box: Box }) {
  return (
    <div class="log-edge" ref={useNearing(box, phase === "ready" && next !== null, loadOlderMessages)}>
      <EdgeState phase={phase} retry={loadOlderMessages} />
      {phase === "ready" && next === null && t("thread.start")}
    </div>
  );
}

/** Loads what is newer as the reader comes near the bottom of a part of the thread that does not reach its end. */
export function LogEnd({ thread: { previous, phase }, box }: { thread: Thread; box: Box }) {
  return (
    <div class="log-edge" ref={useNearing(box, phase === "ready" && previous !== null, loadNewerMessages)}>
      <EdgeState phase={phase} retry={loadNewerMessages} />
    </div>
  );
}

function EdgeState({ phase, retry }: { phase: ThreadPhase; retry: () => Promise<void> }) {
  if (phase === "loading") return <span class="spinner" role="status" aria-label={t("thread.loading")} />;
  if (phase !== "failed") return null;
  return (
    <button type="button" class="button" onClick={() => void retry()}>
      {t("action.retry")}
    </button>
  );
}

/** Calls `load` when the element comes within reach of the view, or is there already. */
function useNearing(box: Box, wanted: boolean, load: () => Promise<void>) {
  const sentinel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!wanted || !sentinel.current) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && void load(), {
      root: box.current,
      rootMargin: "800px 0px",
    });
    observer.observe(sentinel.current);
    return () => observer.disconnect();
  }, [box, wanted, load]);
  return sentinel;
}
