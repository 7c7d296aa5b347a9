import { goTo } from "../actions";
import { previewOf, summary } from "../content";
import { t } from "../i18n";
import type { Context, Message } from "../types";
import { KindIcon } from "./KindIcon";

interface Props {
  context: Context;
  /** The quoted message as the thread has it, which may be newer than what came with the quote. */
  loaded: Message | undefined;
}

/** What a message answers; it leads there, and has it loaded where it has to be. */
export function Quote({ context, loaded }: Props) {
  const { message } = context;
  const quoted = loaded ?? message;
  if (!quoted) return <p class="quote">{t("message.unavailable")}</p>;
  const deleted = loaded ? loaded.deleted_at !== null : message?.deleted === true;
  return (
    <button type="button" class="quote" onClick={() => goTo(quoted.id)}>
      {quoted.direction === "outbound" && <strong dir="auto">{quoted.sent_by?.name ?? t("message.fromYou")}</strong>}
      <span dir="auto">
        <KindIcon type={quoted.type} deleted={deleted} />
        {loaded ? summary(loaded) : message && previewOf(message)}
      </span>
    </button>
  );
}
