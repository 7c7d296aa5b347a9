import { theApi } from "../../actions";
import { showAt } from "../../details/show";
import { span } from "../../format";
import { d } from "../../i18n/details";
import { inbox } from "../../store";
import type { Conversation, EarlierConversation } from "../../types";
import { More } from "./More";
import { Bones, Section } from "./Section";
import { usePages } from "./usePages";

/** The conversations that the thread goes on into; each leads to where it begins there. */
export function Earlier({ conversation: { id, contact } }: { conversation: Conversation }) {
  const pages = usePages<EarlierConversation>(`${id} ${contact.merged_at}`, (after) => theApi().earlier(id, after));
  const { removed } = inbox.value;
  const rows = pages.rows.filter((row) => !removed.has(row.id));
  return (
    <Section title={d("earlier")}>
      {pages.phase === "loading" && pages.rows.length === 0 && <Bones lines={2} />}
      {pages.phase === "ready" && rows.length === 0 && <p class="details-note">{d("earlier.none")}</p>}
      {rows.length > 0 && (
        <ul class="earlier">
          {rows.map((row) => (
            <li key={row.id}>
              <EarlierRow row={row} />
            </li>
          ))}
        </ul>
      )}
      <More {...pages} />
    </Section>
  );
}

function EarlierRow({ row }: { row: EarlierConversation }) {
  const { first_message_id: first, started_at, ended_at, messages_count } = row;
  const words = (
    <>
      {span(started_at, ended_at)}
      <small>{d("earlier.count", { count: messages_count })}</small>
    </>
  );
  if (first === null) return <span class="earlier-row">{words}</span>;
  return (
    <button type="button" class="earlier-row" onClick={() => showAt(first)}>
      {words}
    </button>
  );
}
