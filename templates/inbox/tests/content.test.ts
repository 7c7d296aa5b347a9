import { afterEach, describe, expect, test } from "vitest";
import { previewOf, summary, systemText, unsupportedKind, unsupportedReason } from "../src/content";
import { loadLanguage } from "../src/i18n";
import { message } from "./rows";

const languages = ["en", "es", "pt", "fr", "de", "ar"];
const error = (code: number) => ({ code, title: "Unsupported", details: null });

afterEach(() => loadLanguage("en"));

test("a deleted message says so, whatever it was", () => {
  for (const type of ["text", "image", "call"])
    expect(summary(message({ id: "1", type, text: {}, deleted_at: "2026-01-01T10:00:00Z" }))).toBe(
      "This message was deleted",
    );
  expect(previewOf({ ...message({ id: "1" }), preview: "", deleted: true })).toBe("This message was deleted");
});

test("a message without words is named by its type, and an unknown type by none", () => {
  const preview = (type: string) => previewOf({ ...message({ id: "1", type }), preview: "", deleted: false });
  expect(preview("call")).toBe("Voice call");
  expect(preview("contacts")).toBe("Contact");
  expect(preview("request_welcome")).toBe("The customer opened the chat");
  for (const type of ["ephemeral", "unsupported", "toString", "__proto__"])
    expect(preview(type)).toBe("Message that cannot be shown");
});

describe("what WhatsApp does not pass on", () => {
  const named = (type: string) => unsupportedKind(message({ id: "1", type: "unsupported", unsupported: { type } }));

  test("is named in every language where Meta names it", async () => {
    const types =
      "poll_creation poll_update edit pin group_invite gif keep_in_chat link_preview product order reaction button list " +
      "interactive image location media_placeholder hsm errors contacts";
    for (const language of languages) {
      await loadLanguage(language);
      for (const type of types.split(" ")) expect(named(type), `${language} ${type}`).toBeTruthy();
    }
  });

  test("may have its kind as its own type, as what comes with a history has", () => {
    expect(unsupportedKind(message({ id: "1", type: "media_placeholder" }))).toBe("Photo, video or file");
    expect(summary(message({ id: "1", type: "hsm" }))).toBe("Message template");
    expect(unsupportedKind(message({ id: "1", type: "ephemeral" }))).toBeNull();
  });

  test("has no name where Meta has none, or one that is new", () => {
    for (const type of ["unknown", "", "constructor", "__proto__"]) expect(named(type)).toBeNull();
    expect(unsupportedKind(message({ id: "1", type: "unsupported" }))).toBeNull();
  });

  test("has a reason of our own for the codes that we know", () => {
    const reason = (code: number) => unsupportedReason(message({ id: "1", error: error(code) }));
    expect(reason(131060)).toMatch(/^Not available here/);
    expect(reason(131052)).toMatch(/too large/);
    expect(new Set([131051, 131052, 131060, 1].map(reason)).size).toBe(4);
    expect(unsupportedReason(message({ id: "1" }))).toBe(reason(1));
  });
});

describe("a change of the customer's account", () => {
  test("is told in the page's language, with the new number", async () => {
    for (const language of languages) {
      await loadLanguage(language);
      const told = systemText({ type: "user_changed_number", body: "Ana changed", wa_id: "5215555550199" });
      expect(told).toContain("\u2068+5215555550199\u2069");
      expect(systemText({ type: "customer_identity_changed", body: "Meta's words" })).not.toContain("Meta");
    }
  });

  test("that we do not know is told in Meta's words, or in general", () => {
    expect(systemText({ type: "something_new", body: "Ana did something" })).toBe("Ana did something");
    expect(systemText({ type: "user_changed_number" })).toBe("The customer has a new number");
    const body = "User 15550199 changed from 15550100 to 15550101";
    expect(systemText({ type: "user_changed_number", wa_id: "15550101", body })).toBe(
      "The customer’s number changed from \u2068+15550100\u2069 to \u2068+15550101\u2069",
    );
    expect(systemText({})).toBe("The customer’s WhatsApp account changed");
  });
});

test("an answer is summed up by what was chosen", () => {
  const summed = (interactive: object) => summary(message({ id: "1", type: "interactive", interactive }));
  expect(summed({ button_reply: { title: "Yes" } })).toBe("Yes");
  expect(summed({ list_reply: { title: "Blue" } })).toBe("Blue");
  expect(summed({ nfm_reply: { body: "Sent" } })).toBe("Form answered");
  expect(summed({ call_permission_reply: { response: "accept" } })).toBe("Calls allowed");
  expect(summed({ call_permission_reply: { response: "reject" } })).toBe("Calls not allowed");
});
