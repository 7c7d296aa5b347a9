import { expect, test } from "vitest";
import { noFilters } from "../src/filters";
import { matchOf } from "../src/matches";
import { type Action, emptyInbox, reduce } from "../src/reducer";
import { listedConversations } from "../src/selectors";
import type { LastMessage, Match } from "../src/types";
import { conversation, message } from "./rows";

const at = (minute: number) => `2026-01-01T10:${minute}:00Z`;

function last(id: string, preview: string, minute: number, values: Partial<LastMessage> = {}): LastMessage {
  const row = message({ id });
  const { wamid, direction, type, status } = row;
  return { id, wamid, direction, type, status, preview, timestamp: at(minute), deleted: false, ...values };
}

/** Somebody called Robin, whose newest message this is. */
function row(id: string, rev: number, last_message: LastMessage | null = null) {
  const { contact } = conversation({ id });
  return conversation({
    id,
    rev: `${rev}`,
    last_message,
    contact: { ...contact, name: "Robin", profile_name: "Robin" },
  });
}

const found: Match = { conversation_id: "a", message_id: "a1", text: "…a green tent", timestamp: at(10) };

const searched = (search: string, ...actions: Action[]) =>
  [
    { type: "list.loading", first: true, search },
    { type: "list.page", conversations: [row("a", 1)], matches: [found], next: null },
    ...actions,
  ].reduce((inbox, action) => reduce(inbox, action as Action), emptyInbox);

const matches = (inbox: ReturnType<typeof searched>) =>
  Object.fromEntries([...inbox.list.matches].map(([id, match]) => [id, match.message_id]));

test("a newer message that holds the words is the match, and lets its conversation into what was found", () => {
  const inbox = searched(
    "green",
    { type: "rows", conversations: [row("a", 2, last("a2", "Greener", 20))] },
    {
      type: "rows",
      conversations: [row("b", 2, last("b1", "all gréen", 30)), row("c", 2, last("c1", "evergreen", 40))],
    },
  );
  expect(matches(inbox)).toEqual({ a: "a2", b: "b1" });
  const listed = listedConversations(inbox, { ...noFilters, search: "green" });
  expect(listed.map(({ id }) => id).sort()).toEqual(["a", "b"]);
  // What comes after it without the words takes nothing away.
  const after = reduce(inbox, { type: "rows", conversations: [row("b", 3, last("b2", "red", 50))] });
  expect(matches(after)).toEqual({ a: "a2", b: "b1" });
});

test("what is older than the match, late or of an older version changes nothing", () => {
  const rows = [
    row("a", 3, last("a3", "red", 30)),
    row("a", 2, last("a2", "green", 20)),
    row("a", 4, last("a0", "green", 5)),
  ];
  const inbox = searched("green", ...rows.map((row): Action => ({ type: "rows", conversations: [row] })));
  expect(matches(inbox)).toEqual({ a: "a1" });
});

test("a match that was deleted, put away or edited away is none; one that was edited shows its new words", () => {
  const own = message({ id: "a1", conversation_id: "a", rev: "5" });
  for (const change of [
    { deleted_at: at(20) },
    { discarded_at: at(20) },
    { edited_at: at(20), text: { body: "a red tent" } },
  ])
    expect(matches(searched("green", { type: "rows", messages: [{ ...own, ...change }] }))).toEqual({});
  const edited = { ...own, edited_at: at(20), text: { body: "a green boot" } };
  const inbox = searched("green", { type: "rows", messages: [edited, message({ id: "a9", conversation_id: "a" })] });
  expect(inbox.list.matches.get("a")?.text).toBe("a green boot");
  const read = searched("green", { type: "rows", messages: [{ ...own, status: "read", rev: "6" }] });
  expect(read.list.matches.get("a")).toEqual(found);
});

test("a contact that answers by itself is opened at the end, and a new search knows of no match yet", () => {
  expect(matchOf(searched("green"), row("a", 1))).toEqual(found);
  expect(matchOf(searched("robin"), row("a", 1))).toBeUndefined();
  expect(matches(searched("green", { type: "list.loading", first: true, search: "tent" }))).toEqual({});
  const unsearched = searched("", { type: "rows", conversations: [row("b", 2, last("b1", "green", 30))] });
  expect(unsearched.list.matches.has("b")).toBe(false);
});
