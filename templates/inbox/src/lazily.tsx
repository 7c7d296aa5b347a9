import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "./i18n";

/** Once the browser has nothing else to do: for code that will be wanted soon. It is no matter if it does not come. */
export function whenIdle(load: () => Promise<unknown>): void {
  const run = () => void load().catch(() => undefined);
  if ("requestIdleCallback" in window) requestIdleCallback(run, { timeout: 5_000 });
  else setTimeout(run, 1_000);
}

/** A component whose code is loaded when it is drawn for the first time. */
export function lazily<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let Loaded: ComponentType<Props> | undefined;
  return function Later(props: Props) {
    const [failed, setFailed] = useState(false);
    const [, redraw] = useState(false);
    useEffect(() => {
      if (Loaded || failed) return;
      let left = false;
      load().then(
        (component) => {
          Loaded = component;
          if (!left) redraw(true);
        },
        () => !left && setFailed(true),
      );
      return () => {
        left = true;
      };
    }, [failed]);
    if (Loaded) return <Loaded {...props} />;
    if (!failed) return <span class="spinner spinner-late" role="status" aria-label={t("tool.loading")} />;
    return (
      <p class="failure" role="alert">
        {t("tool.failed")}
        <button type="button" class="link-button" onClick={() => setFailed(false)}>
          {t("action.retry")}
        </button>
      </p>
    );
  };
}
