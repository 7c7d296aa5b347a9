import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { noFilters } from "../src/filters";
import { type Action, emptyInbox, type Inbox, isNewer, reduce } from "../src/reducer";
import { listedConversations, threadMessages } from "../src/selectors";
import { byActivity, bySentAt } from "../src/sorted";
import { inboundAfter, isShown, type PageAt } from "../src/thread";
import type { Conversation, Message } from "../src/types";
import { conversation, message, outgoing } from "./rows";

const play = (actions: readonly Action[], from: Inbox = emptyInbox) => actions.reduce(reduce, from);

const threadOf = (inbox: Inbox, id: string) => {
  const thread = inbox.threads.get(id);
  if (!thread) throw new Error(`no thread ${id}`);
  return thread;
};

/** What a reader sees, which is all that has to agree. */
const view = (inbox: Inbox) => ({
  list: listedConversations(inbox, { ...noFilters, status: "all" }),
  threads: Object.fromEntries([...inbox.threads].map(([id, thread]) => [id, threadMessages(thread)]).sort()),
});

const ids = ["a", "b", "c"];
const opened: Action[] = ids.map((id) => ({ type: "thread.page", id, messages: [], next: null }));
const loaded: Action = { type: "list.page", conversations: [], next: null };

/** The history of a scope: many versions of few rows, each with the next rev. */
const history = fc
  .array(fc.tuple(fc.constantFrom(...ids), fc.constantFrom("m1", "m2", "m3", null), fc.nat(59)), { maxLength: 30 })
  .map((steps) =>
    steps.map(([id, messageId, minute], index) => {
      const rev = String(index + 98);
      const at = `2026-01-01T10:${String(minute).padStart(2, "0")}:00Z`;
      const row = conversation({ id, rev, last_active_at: at, unread_count: minute % 3 });
      // A message keeps its timestamp, whatever else of it changes.
      const own = messageId && message({ id: `${id}-${messageId}`, conversation_id: id, rev, text: { body: rev } });
      return own ? { conversations: [row], messages: [own] } : { conversations: [row], messages: [] };
    }),
  );

type Step = { conversations: Conversation[]; messages: Message[] };

/** The same rows by one of the three ways in. */
const delivery = (step: Step, way: number): Action[] => {
  const [own] = step.messages;
  if (way === 0) return [{ type: "rows", ...step }];
  if (way === 1) return [{ type: "list.page", conversations: step.conversations, next: null }, ...page(own)];
  return [
    { type: "rows", conversations: step.conversations, removed: [] },
    { type: "rows", messages: step.messages },
  ];
};
const page = (own: Message | undefined): Action[] =>
  own ? [{ type: "thread.page", id: own.conversation_id, messages: [own], next: null }] : [];

describe("rows from three sources", () => {
  test("give the same state in any order, any way in, and however often they repeat", () => {
    fc.assert(
      fc.property(
        history.chain((steps) =>
          fc.tuple(
            fc.constant(steps),
            fc.array(fc.tuple(fc.nat(Math.max(0, steps.length - 1)), fc.nat(2)), { maxLength: 40 }),
            fc.shuffledSubarray(steps, { minLength: steps.length }),
          ),
        ),
        ([steps, repeats, shuffled]) => {
          const inOrder = play([...opened, loaded, ...steps.flatMap((step) => delivery(step, 0))]);
          const mixed = repeats.flatMap(([index, way]) => (steps[index] ? delivery(steps[index], way) : []));
          const all = shuffled.flatMap((step, index) => delivery(step, index % 3));
          const inbox = play([...opened, loaded, ...mixed, ...all, ...mixed]);
          expect(view(inbox)).toEqual(view(inOrder));
          const known = ids.flatMap((id) => inbox.conversations.get(id) ?? []);
          expect(inbox.recent).toEqual(known.sort(byActivity));
        },
      ),
    );
  });

  test("that say nothing new leave the very same state, so that nothing is drawn again", () => {
    const rows: Action = { type: "rows", conversations: [conversation({ id: "a" })], messages: [message({ id: "m" })] };
    const once = play([...opened, rows]);
    expect(reduce(once, rows)).toBe(once);
  });

  test("that share a rev count in the order they came", () => {
    const rows = (unread_count: number): Action => ({
      type: "rows",
      conversations: [conversation({ id: "a", unread_count })],
    });
    expect(play([rows(1), rows(2)]).conversations.get("a")?.unread_count).toBe(2);
    const packet: Action = {
      type: "rows",
      conversations: [1, 2].map((unread_count) => conversation({ id: "a", unread_count })),
      messages: ["x", "y"].map((body) => message({ id: "m", text: { body } })),
    };
    const twice = play([...opened, packet, packet]);
    expect(twice.conversations.get("a")?.unread_count).toBe(2);
    expect(threadOf(twice, "a").messages.get("m")?.text?.body).toBe("y");
  });

  test("are compared by rev as numbers of any length", () => {
    expect(isNewer("10", "9")).toBe(true);
    expect(isNewer("9", "10")).toBe(false);
    expect(isNewer("7", "7")).toBe(false);
    expect(isNewer("18446744073709551616", "18446744073709551615")).toBe(true);
  });
});

describe("a thread of somebody who turned out to be two", () => {
  const row = (rev: string, merged_at: string | null, id = "a"): Action => {
    const { contact, ...values } = conversation({ id, rev });
    return { type: "rows", conversations: [{ ...values, contact: { ...contact, merged_at } }] };
  };
  const inbox = play([...opened, row("5", null), row("5", null, "b"), row("6", "2026-01-01T10:00:00Z")]);

  test("is to be loaded again, and no other is", () => {
    expect(threadOf(inbox, "a").phase).toBe("stale");
    expect(threadOf(inbox, "b").phase).toBe("ready");
  });

  test("is not stale any more once it is loaded, until it happens again", () => {
    const loaded = play(
      [{ type: "thread.page", id: "a", messages: [], next: null }, row("6", "2026-01-01T10:00:00Z")],
      inbox,
    );
    expect(threadOf(loaded, "a").phase).toBe("ready");
    expect(threadOf(play([row("7", "2026-01-02T10:00:00Z")], loaded), "a").phase).toBe("stale");
  });
});

describe("a conversation that leaves the scope", () => {
  const at = (rev: string): Action => ({ type: "rows", conversations: [conversation({ id: "a", rev })] });
  const gone = (rev: string): Action => ({ type: "rows", removed: [{ conversation_id: "a", rev }] });

  test("goes with its thread", () => {
    const inbox = play([...opened, at("5"), gone("6")]);
    expect(inbox.conversations.has("a")).toBe(false);
    expect(inbox.threads.has("a")).toBe(false);
  });

  test("does not come back with a late push, whether it was known or not", () => {
    expect(play([at("5"), gone("6"), at("5")]).recent).toEqual([]);
    expect(play([gone("6"), at("5")]).recent).toEqual([]);
    expect(play([gone("6"), gone("4"), at("5")]).recent).toEqual([]);
  });

  test("comes back with a newer row", () => {
    expect(play([at("5"), gone("6"), at("7")]).conversations.get("a")?.rev).toBe("7");
  });

  test("stays when it came back before the news of its leaving", () => {
    expect(play([at("5"), at("7"), gone("6")]).conversations.get("a")?.rev).toBe("7");
  });

  test("is there or not, as its last version says, in whatever order and however often the versions come", () => {
    const versions = fc.array(fc.boolean(), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        versions.chain((visible) => {
          const all = visible.map((shown, index) => (shown ? at(String(index + 1)) : gone(String(index + 1))));
          const mixed = fc.tuple(
            fc.array(fc.constantFrom(...all)),
            fc.shuffledSubarray(all, { minLength: all.length }),
          );
          return fc.tuple(fc.constant(visible), mixed);
        }),
        ([visible, [repeats, shuffled]]) => {
          const { conversations, recent } = play([...repeats, ...shuffled]);
          expect(conversations.has("a")).toBe(visible.at(-1));
          expect(recent.length).toBe(visible.at(-1) ? 1 : 0);
        },
      ),
    );
  });
});

describe("the messages of an earlier conversation", () => {
  const earlier = (values: Partial<Message> = {}) => message({ id: "m", conversation_id: "z", ...values });
  const paged: Action = { type: "thread.page", id: "a", messages: [message({ id: "n" }), earlier()], next: null };
  const edited = earlier({ rev: "2", text: { body: "edited" } });
  const shown = (inbox: Inbox, id = "a") => threadMessages(threadOf(inbox, id));

  test("come with the pages of the later one and are of its thread only", () => {
    const inbox = play([...opened, paged]);
    expect(shown(inbox)).toEqual([earlier(), message({ id: "n" })]);
    expect(shown(inbox, "b")).toEqual([]);
  });

  test("are brought up to date in every thread that shows them", () => {
    const own: Action = { type: "thread.page", id: "z", messages: [earlier()], next: null };
    const inbox = play([...opened, own, paged, { type: "rows", messages: [edited] }]);
    expect(shown(inbox, "z")).toEqual([edited]);
    expect(shown(inbox)).toContainEqual(edited);
    expect(shown(play([paged], inbox))).toContainEqual(edited);
  });

  test("enter no thread by a push alone", () => {
    expect(shown(play([...opened, { type: "rows", messages: [edited] }]))).toEqual([]);
  });

  test("stay where they are shown when they move to the conversation itself", () => {
    const moved = earlier({ rev: "2", conversation_id: "a" });
    expect(shown(play([...opened, paged, { type: "rows", messages: [moved] }]))).toContainEqual(moved);
  });

  test("go when their conversation leaves the scope, from the later one's thread too", () => {
    const gone: Action = { type: "rows", removed: [{ conversation_id: "z", rev: "3" }] };
    const inbox = play([...opened, paged, gone]);
    expect(shown(inbox)).toEqual([message({ id: "n" })]);
    expect(play([gone], inbox).threads.get("a")).toBe(inbox.threads.get("a"));
  });
});

describe("an optimistic reply", () => {
  const confirmed = message({ id: "m", conversation_id: "a", client_id: "x", direction: "outbound" });

  test("gives way to the server's message, whichever way that comes", () => {
    for (const arrival of [
      { type: "rows", messages: [confirmed] },
      { type: "thread.page", id: "a", messages: [confirmed], next: null },
    ] satisfies Action[]) {
      const inbox = play([...opened, { type: "outgoing", outgoing: outgoing() }, arrival]);
      expect(inbox.outbox.size).toBe(0);
      expect(threadMessages(threadOf(inbox, "a"))).toEqual([confirmed]);
    }
  });

  test("says what its sender knows of it until the server does, and nothing once it is deleted", () => {
    const template_parts = [{ type: "FOOTER", text: "Thank you" }];
    const sent = outgoing({ words: "Hi Ana", template_parts });
    const row = (values: Partial<Message>) => ({
      type: "rows" as const,
      messages: [message({ ...confirmed, type: "template", ...values })],
    });
    const begun = play([...opened, { type: "outgoing", outgoing: sent }, row({ words: null })]);
    const drawn = (...actions: Action[]) => threadMessages(threadOf(play(actions, begun), "a"))[0];
    const known = { words: "Hi Ana", template_parts };
    expect(drawn()).toMatchObject(known);
    expect(play([row({ words: null })], begun), "a repeat").toBe(begun);
    expect(drawn(row({ words: null, status: "accepted" }))).toMatchObject(known);
    expect(drawn(row({ words: "Hi", rev: "2" }))).toMatchObject({ words: "Hi", template_parts: null });
    expect(drawn(row({ words: null, deleted_at: confirmed.timestamp, rev: "2" }))?.words).toBeNull();
  });

  test("cannot fail once it is confirmed", () => {
    const rows: Action = { type: "rows", messages: [confirmed] };
    const failure: Action = { type: "outgoing.failed", client_id: "x", failure: "unreachable" };
    expect(play([...opened, { type: "outgoing", outgoing: outgoing() }, rows, failure]).outbox.size).toBe(0);
  });
});

describe("a discarded message", () => {
  const failed = message({ id: "m", direction: "outbound", status: "failed", rev: "2" });
  const discarded = { ...failed, rev: "3", discarded_at: "2026-01-01T11:00:00Z" };
  const shown = (...rows: Message[]) =>
    threadMessages(threadOf(play([...opened, ...rows.map((row): Action => ({ type: "rows", messages: [row] }))]), "a"));

  test("vanishes, and no late copy of it brings it back", () => {
    expect(shown(failed)).toEqual([failed]);
    expect(shown(failed, discarded)).toEqual([]);
    expect(shown(discarded, failed)).toEqual([]);
  });

  test("comes back when it turns out to have arrived", () => {
    const arrived = { ...failed, rev: "4", status: "delivered" as const };
    expect(shown(discarded, arrived)).toEqual([arrived]);
  });

  test("vanishes from the threads that show it as one of an earlier conversation", () => {
    const earlier = { ...failed, conversation_id: "z" };
    const page: Action = { type: "thread.page", id: "a", messages: [earlier], next: null };
    const gone: Action = { type: "rows", messages: [{ ...discarded, conversation_id: "z" }] };
    expect(threadMessages(threadOf(play([...opened, page, gone]), "a"))).toEqual([]);
  });
});

describe("what has not been paged in", () => {
  const at = (minute: number) => `2026-01-01T10:${minute}:00Z`;

  test("stays out of the thread until its page is loaded, and then shows its newest copy", () => {
    const [old, recent] = [message({ id: "1", timestamp: at(10) }), message({ id: "2", timestamp: at(20) })];
    const update: Action = { type: "rows", messages: [{ ...old, rev: "9", status: "read" }] };
    const first = play([{ type: "thread.page", id: "a", messages: [recent], next: "more" }, update]);
    expect(threadMessages(threadOf(first, "a"))).toEqual([recent]);
    const page: Action = { type: "thread.page", id: "a", messages: [old], next: null, at: { after: "more" } };
    const whole = reduce(first, page);
    expect(threadMessages(threadOf(whole, "a")).map((row) => row.rev)).toEqual(["9", "1"]);
  });

  test("stays out of the list, but for what is newer than its end", () => {
    const row = (id: string, minute: number) => conversation({ id, last_active_at: at(minute) });
    const inbox = play([
      { type: "list.page", conversations: [row("a", 30)], next: "more" },
      { type: "rows", conversations: [row("b", 20), row("c", 40)] },
    ]);
    expect(listedConversations(inbox, noFilters).map(({ id }) => id)).toEqual(["c", "a"]);
  });

  test("enters a search only by its name or number", () => {
    const named = conversation({ id: "b", contact: { ...conversation({ id: "b" }).contact, name: "Robin" } });
    const inbox = play([loaded, { type: "rows", conversations: [conversation({ id: "a" }), named] }]);
    expect(listedConversations(inbox, { ...noFilters, search: "rob" }).map(({ id }) => id)).toEqual(["b"]);
  });
});

describe("a thread that is paged from anywhere", () => {
  const at = (minute: number) => `2026-01-01T10:${String(minute).padStart(2, "0")}:00Z`;
  const limit = 4;

  /** As the server answers, which has these messages; a cursor is the place of a row. */
  function page(rows: readonly Message[], where: PageAt): Action {
    const sorted = rows.toSorted(bySentAt);
    const place = (id: string) => sorted.findIndex((row) => row.id === id);
    const after = where.after === undefined ? sorted.length : place(where.after);
    const middle = where.around === undefined ? after : Math.min(sorted.length, place(where.around) + limit / 2);
    const from = where.before === undefined ? Math.max(0, middle - limit) : place(where.before) + 1;
    const to = where.before === undefined ? middle : Math.min(sorted.length, from + limit);
    const [oldest, newest] = [sorted[from], sorted[to - 1]];
    return {
      type: "thread.page",
      id: "a",
      at: where,
      messages: sorted.slice(from, to).reverse(),
      next: from > 0 && oldest ? oldest.id : null,
      previous: to < sorted.length && newest ? newest.id : null,
    };
  }

  const moves = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constantFrom("write", "older", "newer", "latest", "push", "late") }),
      fc.record({ kind: fc.constant("around" as const), which: fc.nat(100) }),
    ),
    { maxLength: 40 },
  );

  test("shows all that the server has between its ends, and after a catch-up to the end whatever came meanwhile", () => {
    fc.assert(
      fc.property(fc.nat(20), moves, fc.array(fc.nat(59), { maxLength: 60 }), (count, steps, minutes) => {
        const written = (index: number) =>
          message({ id: `m${String(index).padStart(3, "0")}`, timestamp: at(minutes[index] ?? 30) });
        const server = Array.from({ length: count }, (_, index) => written(index));
        let inbox = emptyInbox;
        const late: { asked: Action }[] = [];
        const told: Message[] = [];
        const load = (where: PageAt) => {
          inbox = reduce(inbox, page(server, where));
        };
        load({});
        for (const step of steps) {
          const thread = threadOf(inbox, "a");
          if (step.kind === "write") {
            server.push(written(server.length));
            told.push(server.at(-1) as Message);
          } else if (step.kind === "push") {
            inbox = reduce(inbox, { type: "rows", messages: told.splice(0) });
          } else if (step.kind === "older" && thread.next) load({ after: thread.next });
          else if (step.kind === "newer" && thread.previous) load({ before: thread.previous });
          else if (step.kind === "latest") load({});
          else if (step.kind === "around" && "which" in step && server.length > 0)
            load({ around: (server[step.which % server.length] as Message).id });
          else if (step.kind === "late") {
            // Asked for before what the next steps do, and answered after it.
            for (const { asked } of late.splice(0)) inbox = reduce(inbox, asked);
            if (thread.next) late.push({ asked: page(server, { after: thread.next }) });
            if (thread.previous) late.push({ asked: page(server, { before: thread.previous }) });
          }
        }
        inbox = reduce(inbox, { type: "rows", messages: server });
        const { oldest, newest, next, previous } = threadOf(inbox, "a");
        const between = server.toSorted(bySentAt).filter((row) => {
          const low = next === null || oldest === null || bySentAt(row, oldest) >= 0;
          return low && (previous === null || newest === null || bySentAt(row, newest) <= 0);
        });
        expect(threadMessages(threadOf(inbox, "a"))).toEqual(between);
        for (const row of server) expect(isShown(threadOf(inbox, "a"), row.id)).toBe(between.includes(row));
        while (threadOf(inbox, "a").previous) load({ before: threadOf(inbox, "a").previous as string });
        while (threadOf(inbox, "a").next) load({ after: threadOf(inbox, "a").next as string });
        expect(threadMessages(threadOf(inbox, "a"))).toEqual(server.toSorted(bySentAt));
      }),
    );
  });

  const rows = Array.from({ length: 12 }, (_, index) => message({ id: `m${index + 10}`, timestamp: at(index) }));
  const far = play([page(rows, {}), page(rows, { around: "m12" })]);
  const shown = (inbox: Inbox) => threadMessages(threadOf(inbox, "a")).map(({ id }) => id);

  test("leaves what is pushed below its gap out of sight, and counts it", () => {
    const news = [
      message({ id: "m30", timestamp: at(30) }),
      message({ id: "m31", timestamp: at(31), direction: "outbound" }),
    ];
    const told = play([{ type: "rows", messages: news }], far);
    expect(shown(told)).toEqual(["m10", "m11", "m12", "m13"]);
    expect(inboundAfter(threadOf(told, "a"), rows.at(-1))).toEqual([news[0]]);
    expect(shown(play([page([...rows, ...news], {})], told))).toEqual(["m20", "m21", "m30", "m31"]);
  });

  test("keeps the part that is loaded where a page around a message reaches into it", () => {
    const inbox = play([page(rows, {}), page(rows, { around: "m17" })]);
    expect(shown(inbox)).toEqual(rows.slice(5).map(({ id }) => id));
    expect(threadOf(inbox, "a").previous).toBeNull();
  });

  test("does not grow by a page that was asked for from somewhere else", () => {
    const before = play([page(rows, {})]);
    const older = page(rows, { after: threadOf(before, "a").next as string });
    expect(shown(play([page(rows, { around: "m12" }), older], before))).toEqual(shown(far));
  });
});

test("a row that no longer fits the filter leaves the list and stays known", () => {
  const ended = conversation({ id: "a", rev: "2", status: "ended" });
  const inbox = play([
    { type: "list.page", conversations: [conversation({ id: "a", rev: "1" })], next: null },
    { type: "rows", conversations: [ended] },
  ]);
  expect(listedConversations(inbox, noFilters)).toEqual([]);
  expect(inbox.conversations.get("a")).toBe(ended);
});
