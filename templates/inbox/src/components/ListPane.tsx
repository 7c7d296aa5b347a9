import { changeFilters, loadList } from "../actions";
import { everywhere, filterQuery, isFiltered, isNarrowed, noFilters } from "../filters";
import { isolated, t } from "../i18n";
import { connection, filters, inbox, listed, session } from "../store";
import { ConnectionDot } from "./ConnectionDot";
import { ConversationRows } from "./ConversationRows";
import { FilterBar } from "./FilterBar";
import { ChatIcon, OfflineIcon, SearchIcon } from "./icons";
import { Notice } from "./Notice";
import { SearchBox } from "./SearchBox";
import { ShortcutsButton } from "./ShortcutsButton";
import { ListSkeleton } from "./Skeleton";
import { ThemeSwitch } from "./ThemeSwitch";

export function ListPane() {
  return (
    <nav class="list" aria-label={t("list.label")}>
      <header class="list-head">
        {/* The page's heading says it already. */}
        <div class="list-title" dir="auto" aria-hidden="true">
          {session.value?.embed.name || t("list.title")}
        </div>
        <ConnectionDot />
        <div class="list-tools">
          <ShortcutsButton />
          <ThemeSwitch />
        </div>
      </header>
      <SearchBox />
      <FilterBar />
      {connection.value === "offline" && (
        <p class="banner banner-offline">
          <OfflineIcon />
          <span>{t("list.offline")}</span>
        </p>
      )}
      <Rows />
    </nav>
  );
}

function Rows() {
  const { phase } = inbox.value.list;
  // What is known of it is shown at once; another filter begins at the top.
  if (listed.value.length > 0) return <ConversationRows key={filterQuery(filters.value).toString()} />;
  if (phase === "loading") return <ListSkeleton label={t("list.loading")} />;
  if (phase === "failed") {
    const action = { label: t("action.retry"), run: loadList };
    const title = t("list.failed.title");
    return <Notice alert icon={<OfflineIcon />} title={title} body={t("list.failed.body")} action={action} />;
  }
  if (filters.value.search !== "") return <NothingFound />;
  if (!isFiltered(filters.value))
    return <Notice icon={<ChatIcon />} title={t("empty.list.title")} body={t("empty.list.body")} />;
  const action = { label: t("filter.clear"), run: () => changeFilters(noFilters) };
  const title = t("empty.filtered.title");
  return <Notice icon={<SearchIcon />} title={title} body={t("empty.filtered.body")} action={action} />;
}

/** A search goes on in all that is here, before it is given up. */
function NothingFound() {
  const { search } = filters.value;
  const narrowed = isNarrowed(filters.value);
  const action = narrowed
    ? { label: t("filter.everywhere"), run: () => changeFilters(everywhere) }
    : { label: t("list.searchClear"), run: () => changeFilters({ search: "" }) };
  const title = t("empty.search.title", { search: isolated(search) });
  const body = t(narrowed ? "empty.search.narrowed" : "empty.search.body");
  return <Notice icon={<SearchIcon />} title={title} body={body} action={action} />;
}
