import { useEffect, useRef } from "preact/hooks";
import { closeDetails, coversThread } from "../details";
import { t } from "../i18n";
import { lazily } from "../lazily";
import type { Conversation } from "../types";
import { BackIcon, CloseIcon } from "./icons";

export const loadDetails = () => import("./details/Details").then((module) => module.Details);
const Details = lazily(loadDetails);

/** Beside the thread, over it, or in its place: then the focus goes along. What is in it is loaded on demand. */
export function DetailsPane({ conversation }: { conversation: Conversation }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (coversThread()) heading.current?.focus();
  }, []);
  return (
    <section class="details" aria-labelledby="details-title">
      <header class="details-head">
        <button type="button" class="icon-button only-narrow" aria-label={t("action.close")} onClick={closeDetails}>
          <BackIcon />
        </button>
        <h2 id="details-title" ref={heading} tabIndex={-1}>
          {t("details.title")}
        </h2>
        <button type="button" class="icon-button only-wide" aria-label={t("action.close")} onClick={closeDetails}>
          <CloseIcon />
        </button>
      </header>
      <div class="details-body">
        <Details conversation={conversation} />
      </div>
    </section>
  );
}
