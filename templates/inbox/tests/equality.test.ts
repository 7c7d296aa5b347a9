import { describe, expect, test } from "vitest";
import { applyChanges, applyEvents } from "../src/apply";
import { type Filters, noFilters } from "../src/filters";
import { threadMessages } from "../src/selectors";
import { bySentAt } from "../src/sorted";
import { dispatch, filters, inbox, listed } from "../src/store";
import type { Changes, Conversation, Message, Push } from "../src/types";

/** What tests/integration/test_state_equality.py has seen on a real stack; without it there is nothing to compare. */
interface Case {
  name: string;
  old: Loaded;
  pushes: Push[];
  changes: Changes;
  new: Loaded;
}

interface Loaded {
  lists: Record<List, Conversation[]>;
  threads: Record<string, Message[]>;
}

const lists = {
  active: noFilters,
  ended: { ...noFilters, status: "ended" },
  all: { ...noFilters, status: "all" },
  unread: { ...noFilters, unread: true },
  handoff: { ...noFilters, handoff: true },
} satisfies Record<string, Filters>;
type List = keyof typeof lists;

const ways: Record<string, (seen: Case) => void> = {
  pushes: ({ pushes }) => applyEvents(pushes),
  "one push after the other": ({ pushes }) => one(pushes),
  changes: ({ changes }) => applyChanges(changes),
  "pushes, then changes": ({ pushes, changes }) => {
    applyEvents(pushes);
    applyChanges(changes);
  },
  "changes, then late pushes": ({ pushes, changes }) => {
    applyChanges(changes);
    applyEvents(pushes);
  },
  "pushes twice": ({ pushes }) => {
    applyEvents(pushes);
    applyEvents(pushes);
  },
  "pushes in reverse": ({ pushes }) => one(pushes.toReversed()),
};

function one(pushes: readonly Push[]): void {
  for (const push of pushes) applyEvents([push]);
}

/** As the page does it: a list, and each of the threads as if it had been opened. */
function load({ lists: rows, threads }: Loaded, list: List, opened: readonly string[]): void {
  dispatch({ type: "reset" });
  filters.value = lists[list];
  dispatch({ type: "list.page", conversations: rows[list], next: null });
  for (const id of opened) {
    dispatch({ type: "rows", conversations: rows.all.filter((row) => row.id === id) });
    dispatch({ type: "thread.page", id, messages: threads[id] ?? [], next: null });
  }
}

/** What was removed is closed; if it comes back, its thread is loaded when it is opened again. */
function isClosed({ pushes, changes, new: { threads } }: Case, id: string): boolean {
  return (
    !(id in threads) ||
    [...pushes, ...changes.removed].some((one) => "conversation_id" in one && one.conversation_id === id)
  );
}

/** As the page does it when such a thread is open. Only that two people are one makes a thread stale. */
function reloadStale({ old, new: { lists: rows, threads } }: Case): void {
  for (const [id, { phase }] of inbox.value.threads) {
    if (phase !== "stale") continue;
    const [before, after] = [old.lists.all, rows.all].map((all) => all.find((row) => row.id === id));
    expect(after?.contact.merged_at).not.toEqual(before?.contact.merged_at);
    dispatch({ type: "thread.page", id, messages: threads[id] ?? [], next: null });
  }
}

/** As if each thread had been opened around its second message from the end: below it there is a gap. */
function loadWithGap({ lists: rows, threads }: Loaded): void {
  dispatch({ type: "reset" });
  for (const [id, messages] of Object.entries(threads)) {
    dispatch({ type: "rows", conversations: rows.all.filter((row) => row.id === id) });
    dispatch({ type: "thread.page", id, messages: messages.slice(1), next: null, previous: "more" });
  }
}

const ids = (rows: readonly { id: string }[]) => rows.map((row) => row.id);

/** All that is drawn. */
function shown() {
  const threads = [...inbox.value.threads].map(([id, thread]) => [
    id,
    { conversation: inbox.value.conversations.get(id), messages: withQuotes(threadMessages(thread)) },
  ]);
  return { list: listed.value, threads: Object.fromEntries(threads) };
}

/** Of a quoted message that the thread has, the thread's copy is drawn (Quote.tsx). */
function withQuotes(messages: readonly Message[]) {
  const loaded = new Set(messages.map((message) => message.id));
  return messages.map(({ context, ...message }) => {
    const isLoaded = loaded.has(context?.message?.id ?? "");
    return { ...message, context: isLoaded ? context?.message?.id : context };
  });
}

const withoutQuote = ({ context, ...message }: Message) => message;

const file: string | undefined = import.meta.env.VITE_EQUALITY_CASES;
const cases: Case[] = file ? (await import(/* @vite-ignore */ file)).default : [];

test.skipIf(!file)("there is something to compare", () => expect(cases).not.toEqual([]));

describe.each(cases)("$name", (seen) => {
  const threads = Object.keys(seen.old.threads);

  test.each(Object.entries(ways))("by %s, above a gap", (_, apply) => {
    loadWithGap(seen.old);
    apply(seen);
    for (const [id, thread] of inbox.value.threads) {
      const { newest, phase } = thread;
      const rows = seen.new.threads[id];
      if (!rows || !newest || phase === "stale") continue;
      const above = rows.filter((row) => bySentAt(row, newest) <= 0).toReversed();
      expect(threadMessages(thread).map(withoutQuote)).toEqual(above.map(withoutQuote));
    }
  });

  describe.each(Object.keys(lists) as List[])("in the list of %s", (list) => {
    test("in the server's order", () => {
      load(seen.new, list, Object.keys(seen.new.threads));
      expect(ids(listed.value)).toEqual(ids(seen.new.lists[list]));
      for (const [id, thread] of inbox.value.threads)
        expect(ids(threadMessages(thread)).toReversed()).toEqual(ids(seen.new.threads[id] ?? []));
    });

    test.each(Object.entries(ways))("by %s", (_, apply) => {
      for (const opened of [[], threads]) {
        load(seen.old, list, opened);
        apply(seen);
        reloadStale(seen);
        const live = shown();
        load(
          seen.new,
          list,
          opened.filter((id) => id in live.threads || !isClosed(seen, id)),
        );
        expect(live).toEqual(shown());
      }
    });
  });
});
