import fc from "fast-check";
import { expect, test } from "vitest";
import { readMessage } from "../src/parent/messages";

const id = "0197f0a0-1111-7111-8111-0123456789ab";
const say = (message: object) => readMessage({ porthole: 1, ...message });

test.each<[object, object]>([
  [{ type: "hello" }, { type: "hello" }],
  [
    { type: "hello", id: "7" },
    { type: "hello", id: "7" },
  ],
  [
    { type: "set-filters", filters: { status: "all", unread: false, whatsapp_config_id: "all", search: "" } },
    { type: "set-filters", filters: { status: "all", unread: false, whatsappConfigId: "all", search: "" } },
  ],
  [
    { type: "set-filters", filters: {} },
    { type: "set-filters", filters: {} },
  ],
  [
    { type: "open-conversation", conversation_id: id },
    { type: "open-conversation", conversationId: id },
  ],
  [
    { type: "open-contact", contact: { id } },
    { type: "open-contact", contact: id },
  ],
  [
    { type: "open-contact", contact: { phone_number: "+52 1 (555) 555-0100" } },
    { type: "open-contact", contact: "+52 1 (555) 555-0100" },
  ],
  [
    { type: "set-mode", mode: "dark" },
    { type: "set-mode", mode: "dark" },
  ],
  [
    { type: "set-mode", mode: null },
    { type: "set-mode", mode: null },
  ],
  [
    { type: "set-user", user: "e30.e30.c2ln" },
    { type: "set-user", user: "e30.e30.c2ln" },
  ],
  [
    { type: "set-user", user: null },
    { type: "set-user", user: null },
  ],
  [
    { type: "set-brand", brand: { radius: 24 } },
    { type: "set-brand", brand: { radius: 24 } },
  ],
])("%j is understood", (message, asked) => {
  expect(say(message)).toEqual(asked);
});

test.each<[object, string[]]>([
  [{}, ["type"]],
  [{ type: "toString" }, ["type"]],
  [{ type: "hello", id: "x".repeat(65) }, ["id"]],
  [{ type: "set-filters" }, ["filters"]],
  [
    { type: "set-filters", filters: { status: "open", unread: 1, owner: "me" } },
    ["filters.owner", "filters.status", "filters.unread"],
  ],
  [
    { type: "set-filters", filters: { search: "x".repeat(201), whatsapp_config_id: "5" } },
    ["filters.search", "filters.whatsapp_config_id"],
  ],
  [{ type: "open-conversation", conversation_id: `${id}/messages` }, ["conversation_id"]],
  [{ type: "open-contact", contact: { id: "5", name: "Ana" } }, ["contact.id", "contact.name"]],
  [{ type: "open-contact", contact: { phone_number: "Ana" } }, ["contact.phone_number"]],
  [{ type: "set-mode", mode: "pink" }, ["mode"]],
  [{ type: "set-user" }, ["user"]],
  [{ type: "set-user", user: "a b" }, ["user"]],
  [{ type: "set-user", user: "x".repeat(8001) }, ["user"]],
  [{ type: "set-brand", brand: { radius: Number.NaN, accents: "red" } }, ["brand.accents", "brand.radius"]],
])("%j is refused, and each wrong field named", (message, fields) => {
  const problem = say(message);
  expect(problem).toMatchObject({ code: "invalid_message", error: expect.stringMatching(/^\S+ \S/) });
  expect(Object.keys((problem as { errors: object }).errors).sort()).toEqual(fields);
});

test("another version is told apart from what is no message of ours", () => {
  expect(readMessage({ porthole: 2, type: "hello", id: "a" })).toMatchObject({ code: "unsupported_version", id: "a" });
  for (const other of [null, undefined, 5, "porthole", [], {}, { type: "hello" }])
    expect(readMessage(other)).toBeNull();
});

test("nothing that can be sent makes it fail, and what it understands holds nothing else", () => {
  const field = fc.constantFrom("filters", "contact", "conversation_id", "mode", "user", "id", "status", "__proto__");
  const type = fc.constantFrom(
    "hello",
    "set-filters",
    "open-conversation",
    "open-contact",
    "set-mode",
    "set-user",
    "nothing",
  );
  const message = fc.record(
    {
      porthole: fc.constantFrom(1, 2, "1"),
      type: fc.oneof(type, fc.anything()),
      more: fc.dictionary(field, fc.anything()),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(message, ({ more, ...fields }) => {
      const read = readMessage({ ...more, ...fields });
      const known = ["type", "filters", "conversationId", "contact", "mode", "user", "id", "code", "error", "errors"];
      expect(Object.keys(read ?? {}).filter((name) => !known.includes(name))).toEqual([]);
    }),
  );
});
