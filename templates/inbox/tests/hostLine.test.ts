import { expect, test, vi } from "vitest";
import type { FromInbox } from "../src/host/declarations";
import { Line, plain } from "../src/host/line";

const filters = { porthole: 1, type: "set-filters", filters: { unread: true } } as const;

/** A line to a frame that has loaded; what the page in it hears, and how it speaks. */
function made() {
  const host = new EventTarget();
  vi.stubGlobal("window", host);
  const heard: Record<string, unknown>[] = [];
  const page = { postMessage: (message: Record<string, unknown>) => heard.push(message) };
  const frame = Object.assign(new EventTarget(), { contentWindow: page }) as unknown as HTMLIFrameElement;
  const line = new Line(frame, "https://inbox.example", { onMessage: () => {}, onSilence: () => {} });
  const load = () => frame.dispatchEvent(new Event("load"));
  const says = (data: FromInbox) =>
    host.dispatchEvent(Object.assign(new Event("message"), { source: page, origin: "https://inbox.example", data }));
  load();
  return { line, heard, load, says };
}

const ready = { porthole: 1, type: "ready", version: 1, embed: { id: "1", name: null } } as const;

test("an inbox that is over does nothing more, and says so of what was asked before and after", async () => {
  const { line, load, says } = made();
  const before = line.ask(filters);
  says({ porthole: 1, type: "ended", code: "revoked_token" });
  await expect(before).rejects.toMatchObject({ code: "unavailable" });
  await expect(line.ask(filters)).rejects.toMatchObject({ code: "unavailable" });
  load();
  says(ready);
  const after = line.ask(filters);
  says({ porthole: 1, type: "done", id: "2" });
  await after;
  line.end();
});

test("what is asked waits for a fresh user claim, which an inbox that is over hears", async () => {
  const { line, heard, load, says } = made();
  expect(line.sayUser("claim")).toBe(false);
  const asked = line.ask(filters);
  says({ porthole: 1, type: "ended", code: "expired_user_claim" });
  expect(line.sayUser("claim")).toBe(true);
  expect(heard.at(-1)).toEqual({ porthole: 1, type: "set-user", user: "claim" });
  load();
  says(ready);
  expect(heard.at(-1)).toEqual({ ...filters, id: "1" });
  says({ porthole: 1, type: "done", id: "1" });
  await asked;
  line.end();
});

test("where no hello is answered, nothing that is asked waits for ever", async () => {
  vi.useFakeTimers();
  const { line } = made();
  const before = line.ask(filters);
  vi.runAllTimers();
  vi.useRealTimers();
  await expect(before).rejects.toMatchObject({ code: "no_answer" });
  await expect(line.ask(filters)).rejects.toMatchObject({ code: "no_answer" });
  line.end();
});

test("what a framework has wrapped is posted as it is", () => {
  const wrapped = { accent: new Proxy({ light: "red", dark: "blue" }, {}) };
  expect(() => structuredClone(wrapped)).toThrow();
  expect(structuredClone(plain(wrapped))).toEqual({ accent: { light: "red", dark: "blue" } });
  const { line, heard, says } = made();
  says(ready);
  void line.ask({ ...filters, filters: new Proxy({ unread: true }, {}) }).catch(() => {});
  expect(structuredClone(heard.at(-1))).toMatchObject(filters);
  line.end();
});
