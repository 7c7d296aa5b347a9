import { draftText } from "../compose/drafts";
import { previewOf } from "../content";
import { phone } from "../format";
import { t } from "../i18n";
import { plainText } from "../richtext";
import { fold, readSearch } from "../search";
import { filters } from "../store";
import type { Contact, Conversation, Match } from "../types";
import { KindIcon } from "./KindIcon";
import { Marked } from "./Marked";
import { Ticks } from "./Ticks";

interface Props {
  conversation: Conversation;
  match: Match | undefined;
  current: boolean;
}

/** A row's second line: what a search has found if the name does not show it, else what was begun, else the last message. */
export function RowPreview({ conversation, match, current }: Props) {
  const { id, contact, last_message: last } = conversation;
  const { contained, begun } = readSearch(filters.value.search);
  const name = match ? undefined : foundName(contact, contained);
  const draft = current ? "" : draftText(id);
  return (
    <span class="row-preview" dir="auto">
      {match ? (
        <Marked text={plainText(match.text)} pattern={begun} />
      ) : name ? (
        <Marked text={name} pattern={contained} />
      ) : draft ? (
        <>
          <span class="row-draft">{t("list.draft")}</span> <bdi>{draft.slice(0, 200)}</bdi>
        </>
      ) : (
        <>
          {last?.direction === "outbound" && <Ticks status={last.status} />}
          {last && <KindIcon type={last.type} deleted={last.deleted} />}
          {last && previewOf(last)}
        </>
      )}
    </span>
  );
}

/** By which of a contact's other names, or by which number, it was found. */
function foundName({ name, phone_number, username, saved_name, profile_name }: Contact, contained: RegExp | null) {
  if (contained === null) return undefined;
  const has = (text: string | null) => text !== null && fold(text).search(contained) >= 0;
  const number = phone_number && phone(phone_number);
  return has(name) ? undefined : [number, username, saved_name, profile_name].find(has);
}
