import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { t } from "../../i18n";
import { d } from "../../i18n/details";

export function Section({ title, children }: { title: string; children: ComponentChildren }) {
  const heading = useId();
  return (
    <section aria-labelledby={heading}>
      <h4 id={heading}>{title}</h4>
      {children}
    </section>
  );
}

export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A part that could not be loaded says so, and can be asked for again. */
export function NotLoaded({ onRetry }: { onRetry: () => void }) {
  return (
    <p class="details-note" role="alert">
      {d("failed")}{" "}
      <button type="button" class="link-button" onClick={onRetry}>
        {t("action.retry")}
      </button>
    </p>
  );
}

export function Bones({ lines }: { lines: number }) {
  return (
    <div class="details-bones" role="status" aria-label={d("loading")}>
      {Array.from({ length: lines }, (_, index) => index).map((index) => (
        <span key={index} class="bone bone-line" />
      ))}
    </div>
  );
}
