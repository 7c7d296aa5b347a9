import { expect, test } from "vitest";
import { fillIn, findReplies, holeIn, valuesFor } from "../src/compose/canned";
import { slashAt } from "../src/compose/slash";
import { conversation } from "./rows";

const reply = (shortcut: string, text: string) => ({ id: shortcut, shortcut, text });

test.each([
  ["/", 1, { sought: "", start: 0, end: 1 }],
  ["Hello /ho", 9, { sought: "ho", start: 6, end: 9 }],
  ["Hello\n/ho and more", 8, { sought: "h", start: 6, end: 8 }],
  ["and/or", 6, null],
  ["https://a.b", 11, null],
  ["/a/b", 4, null],
  ["/hours ", 7, null],
  ["", 0, null],
])("what %j seeks at %i", (text, caret, slash) => expect(slashAt(text, caret)).toEqual(slash));

test("shortcuts that begin so come first, then those that hold it, then the texts", () => {
  const replies = [
    reply("bye", "Open till six"),
    reply("hours", "We are open"),
    reply("open", "Yes"),
    reply("reopen", ""),
  ];
  const found = findReplies(replies, "OPEN").map(({ shortcut }) => shortcut);
  expect(found).toEqual(["open", "reopen", "bye", "hours"]);
  expect(findReplies(replies, "")).toEqual(replies);
  expect(findReplies(replies, "nothing")).toEqual([]);
});

test("variables are filled in, and those that are not known stay to be seen", () => {
  const { contact } = conversation({ id: "a" });
  const values = valuesFor({ ...contact, name: "Ana María P", display_name: "Ana María P" }, { id: "7", name: "Jo" });
  const text = "Hi {{contact.first_name}} ({{ contact.name }}), {{agent.name}} here. {{order.id}} {{constructor}}";
  const filled = "Hi Ana (Ana María P), Jo here. {{order.id}} {{constructor}}";
  expect(fillIn(text, values)).toBe(filled);
  expect(holeIn(filled)).toEqual([filled.indexOf("{{"), filled.indexOf(" {{constructor")]);
  expect(holeIn("Hi")).toBeNull();
});

test("somebody who is but a number has no name", () => {
  const { contact } = conversation({ id: "a" });
  const nameless = { ...contact, name: "+52 1555", display_name: null, profile_name: null, saved_name: null };
  expect(fillIn("Hi {{contact.first_name}}", valuesFor(nameless, null))).toBe("Hi {{contact.first_name}}");
});
