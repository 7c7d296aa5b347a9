import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { loadList, loadMoreConversations, open } from "../actions";
import { t } from "../i18n";
import { matchOf } from "../matches";
import { inbox, listed, openId } from "../store";
import type { Conversation } from "../types";
import { ConversationRow } from "./ConversationRow";
import { useHeldRows } from "./useHeldRows";
import { useRowWindow } from "./useRowWindow";
import { useSteadyRows } from "./useSteadyRows";

export const rowHeight = 68;
const loadAhead = 12;
/** The conversation that the list was last moved for. */
let followed: string | null = null;

export function ConversationRows() {
  const box = useRef<HTMLDivElement>(null);
  const rows = useHeldRows(box, listed.value);
  const { from, to } = useRowWindow(box, rowHeight);
  // The row that Tab leads to; the arrow keys move it.
  const [tabbed, setTabbed] = useState<string | null>(openId.value);
  const tabbedIndex = Math.max(
    0,
    rows.findIndex((row) => row.id === tabbed),
  );
  const { next, phase } = inbox.value.list;
  const whole = next === null && phase === "ready";
  useSteadyRows(box, rows, rowHeight);
  useFocusKept(rows, tabbed, tabbedIndex);

  const nearEnd = to + loadAhead > rows.length;
  useEffect(() => {
    if (next !== null && phase === "ready" && nearEnd) void loadMoreConversations();
  }, [next, phase, nearEnd]);

  const bringIntoView = (row: Conversation) => {
    const element = box.current;
    if (!element) return;
    const top = rows.indexOf(row) * rowHeight;
    element.scrollTop = Math.min(top, Math.max(element.scrollTop, top + rowHeight - element.clientHeight));
    setTabbed(row.id);
  };
  // Keys and the host open conversations too, and the list follows: once, so that other filters begin at their top.
  // biome-ignore lint/correctness/useExhaustiveDependencies: not when the row moves, from which the reader may scroll away
  useEffect(() => {
    const current = rows.find((row) => row.id === openId.value);
    if (!current || current.id === followed) return;
    followed = current.id;
    bringIntoView(current);
  }, [openId.value]);

  const focusIndex = (index: number) => {
    const target = rows[Math.min(Math.max(index, 0), rows.length - 1)];
    if (!target) return;
    bringIntoView(target);
    requestAnimationFrame(() => document.getElementById(`row-${target.id}`)?.focus({ preventScroll: true }));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey) return;
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / rowHeight) - 1);
    const steps: Record<string, number> = {
      ArrowDown: tabbedIndex + 1,
      ArrowUp: tabbedIndex - 1,
      PageDown: tabbedIndex + page,
      PageUp: tabbedIndex - page,
      Home: 0,
      End: rows.length - 1,
    };
    const index = steps[event.key];
    if (index === undefined) return;
    event.preventDefault();
    focusIndex(index);
  };

  // The row that holds the focus stays in the document even when it is scrolled out of sight.
  const shown = rows.slice(from, to).map((row, index) => ({ row, index: from + index }));
  const tabbedRow = rows[tabbedIndex];
  if (tabbedRow && (tabbedIndex < from || tabbedIndex >= to)) shown.push({ row: tabbedRow, index: tabbedIndex });
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys move among the buttons inside
    <div class="rows" ref={box} onKeyDown={onKeyDown}>
      {/* biome-ignore lint/a11y/noRedundantRoles: without markers Safari no longer calls it a list */}
      <ul role="list" style={{ height: `${rows.length * rowHeight}px` }}>
        {shown.map(({ row, index }) => {
          const match = matchOf(inbox.value, row);
          return (
            <li
              key={row.id}
              aria-setsize={whole ? rows.length : -1}
              aria-posinset={index + 1}
              style={{ height: `${rowHeight}px`, transform: `translateY(${index * rowHeight}px)` }}
            >
              <ConversationRow
                conversation={row}
                match={match}
                current={row.id === openId.value}
                tabbable={index === tabbedIndex}
                onOpen={() => open(row.id, match?.message_id)}
                onFocus={() => setTabbed(row.id)}
              />
            </li>
          );
        })}
      </ul>
      {phase === "failed" && (
        <button
          type="button"
          class="button rows-more"
          onClick={() => void (next === null ? loadList() : loadMoreConversations())}
        >
          {t("action.retry")}
        </button>
      )}
    </div>
  );
}

/** A focused row that leaves the list (it was read, or it ended) hands the focus to the row that took its place. */
function useFocusKept(rows: readonly Conversation[], tabbed: string | null, tabbedIndex: number): void {
  const last = useRef({ focused: false, index: 0 });
  const gone = tabbed !== null && !rows.some((row) => row.id === tabbed);
  const successor = rows[Math.min(last.current.index, rows.length - 1)];
  useLayoutEffect(() => {
    if (gone && last.current.focused && document.activeElement === document.body && successor)
      document.getElementById(`row-${successor.id}`)?.focus();
    const focused = document.activeElement?.id === `row-${tabbed}`;
    last.current = { focused, index: gone ? last.current.index : tabbedIndex };
  });
}
