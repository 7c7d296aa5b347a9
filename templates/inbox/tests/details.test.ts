import { describe, expect, test } from "vitest";
import { nameOf } from "../src/details/name";
import { linksOf, sharedIn } from "../src/details/shared";
import { deepest, shownAs } from "../src/details/value";
import { moveText, statusOf } from "../src/details/workflow";
import { emptyInbox, reduce } from "../src/reducer";
import { threadMessages } from "../src/selectors";
import type { Message, WorkflowState } from "../src/types";
import { conversation, message } from "./rows";

const file = (id: string, minute: number, values: Partial<Message> = {}) =>
  message({ id, type: "image", timestamp: `2026-01-01T10:${10 + minute}:00Z`, ...values });

describe("what was shared", () => {
  const opened = reduce(emptyInbox, {
    type: "thread.page",
    id: "a",
    messages: [file("5", 5), file("4", 4, { type: "text" })],
    next: "older",
  });
  const found = (rows: Message[]) => reduce(opened, { type: "thread.found", id: "a", messages: rows });
  const ids = (rows: readonly Message[]) => rows.map((row) => row.id);

  test("is what the server has told and what came in since, newest first; the thread itself shows no more", () => {
    const told = file("3", 3, { conversation_id: "earlier" });
    let inbox = found([told]);
    inbox = reduce(inbox, { type: "rows", messages: [file("6", 6, { type: "video" }), file("1", 1)] });
    const thread = inbox.threads.get("a");
    if (!thread) throw new Error("no thread");
    expect(ids(sharedIn(thread, "media", { oldest: told, next: "more" }))).toEqual(["6", "5", "3"]);
    expect(ids(sharedIn(thread, "media", { oldest: told, next: null }))).toEqual(["6", "5", "3", "1"]);
    expect(ids(threadMessages(thread))).toEqual(["4", "5", "6"]);
  });

  test("is gone with a deletion, and with the conversation that leaves the scope", () => {
    const inbox = found([file("3", 3, { conversation_id: "earlier" })]);
    const shared = (after: typeof inbox) => {
      const thread = after.threads.get("a");
      return thread ? ids(sharedIn(thread, "media", { oldest: null, next: null })) : [];
    };
    const deleted = file("5", 5, { rev: "2", deleted_at: "2026-01-01T12:00:00Z" });
    expect(shared(reduce(inbox, { type: "rows", messages: [deleted] }))).toEqual(["3"]);
    const removed = [{ conversation_id: "earlier", rev: "9" }];
    expect(shared(reduce(inbox, { type: "rows", removed }))).toEqual(["5"]);
  });

  test("links are addresses of the web, each once, and nothing else", () => {
    const linked = (body: string) => linksOf(message({ id: "1", text: { body } })).map(({ href }) => href);
    expect(linked("*https://a.example/x*, WWW.b.example and https://a.example/x.")).toEqual([
      "https://a.example/x",
      "https://www.b.example/",
    ]);
    expect(linked("javascript:alert(1) me@c.example ftp://d.example")).toEqual([]);
    expect(linksOf(message({ id: "1", type: "image" }))).toEqual([]);
  });
});

describe("what programs note", () => {
  test.each([
    [" https://a.example/?q=1 ", { kind: "link", href: "https://a.example/?q=1", text: "https://a.example/?q=1" }],
    ["see https://a.example", { kind: "text", text: "see https://a.example" }],
    ["javascript:alert(1)", { kind: "text", text: "javascript:alert(1)" }],
    ["https://", { kind: "text", text: "https://" }],
    [0, { kind: "text", text: "0" }],
    [false, { kind: "flag", on: false }],
    ["  ", { kind: "nothing" }],
    [null, { kind: "nothing" }],
    [[], { kind: "nothing" }],
    [["gold", 7], { kind: "text", text: "gold, 7" }],
    [["https://a.example"], { kind: "entries", entries: [["1", "https://a.example"]] }],
  ])("%j", (value, shown) => expect(shownAs(value, 1)).toEqual(shown));

  test("keys are only ever text, also those that mean something to JavaScript", () => {
    const value = JSON.parse('{"__proto__": {"admin": true}, "constructor": 1}');
    expect(shownAs(value, 1)).toEqual({
      kind: "entries",
      entries: [
        ["__proto__", { admin: true }],
        ["constructor", 1],
      ],
    });
  });

  test("what is too deep for entries is JSON", () => {
    expect(shownAs({ a: 1 }, deepest)).toEqual({ kind: "deep", text: '{\n  "a": 1\n}' });
  });
});

describe("a name", () => {
  const contact = { ...conversation({ id: "a" }).contact, saved_name: "Ana at work", profile_name: "ana" };
  test.each([
    ["given", "Ana P", contact],
    ["saved", null, contact],
    ["profile", null, { ...contact, saved_name: null }],
    ["number", null, { ...contact, saved_name: null, profile_name: null }],
    ["username", null, { ...contact, saved_name: null, profile_name: null, phone_number: null, username: "ana.p" }],
  ])("is the best one there is: %s", (_, given, known) => {
    const names = { given: "Ana P", saved: "Ana at work", profile: "ana", number: "+5215555550100", username: "ana.p" };
    expect(nameOf(known, given)).toBe(names[_ as keyof typeof names]);
  });
});

describe("a workflow", () => {
  const workflow = (status: WorkflowState["status"]) => ({ status }) as WorkflowState;

  test("stands where the pushed mode says, however old what was asked for is", () => {
    expect(statusOf(workflow("waiting"), "running")).toBe("waiting");
    expect(statusOf(workflow("waiting"), "handoff")).toBe("handoff");
    expect(statusOf(workflow("handoff"), null)).toBe("ended");
    expect(statusOf(null, "failed")).toBe("failed");
  });

  test("names who pressed the button", () => {
    const by = { id: "42", name: "Mei" };
    const at = "2026-01-01T10:00:00Z";
    expect(moveText({ type: "execution_handoff", at, by })).toContain("Mei");
    expect(moveText({ type: "execution_waiting", at, by })).toContain("handed it back");
    expect(moveText({ type: "execution_waiting", at, by: null })).toBe("Waits for the customer");
    expect(moveText({ type: "execution_failed", at, by })).toBe("Failed");
  });
});
