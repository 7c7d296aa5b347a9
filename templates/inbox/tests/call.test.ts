import { afterEach, expect, test } from "vitest";
import { callText } from "../src/call";
import { duration } from "../src/format";
import { loadLanguage } from "../src/i18n";
import type { Call } from "../src/types";

const text = (call: Call) => callText(call, "inbound");

afterEach(() => loadLanguage("en"));

test("a call that was picked up tells its length", () => {
  expect(text({ event: "terminate", status: "COMPLETED", duration: 185 })).toBe("Incoming voice call, 3:05");
  expect(text({ event: "terminate", start_time: "1700000000", end_time: "1700003729" })).toBe(
    "Incoming voice call, 1:02:09",
  );
  expect(callText({ duration: 5 }, "outbound")).toBe("Outgoing voice call, 0:05");
});

test("a call that was not says how it ended, and for whom", () => {
  const failed = { event: "terminate", status: "FAILED" };
  expect(text({ ...failed, direction: "USER_INITIATED" })).toBe("Missed voice call");
  expect(text({ ...failed, direction: "BUSINESS_INITIATED" })).toBe("Voice call not answered");
  expect(callText(failed, "outbound")).toBe("Voice call not answered");
  expect(text({ event: "terminate", status: "COMPLETED" })).toBe("Missed voice call");
  expect(text({ event: "terminate", status: "REJECTED" })).toBe("Voice call declined");
});

test("a call that goes on says so, and one of which nothing is known is a call", () => {
  expect(text({ event: "connect" })).toBe("Voice call ringing");
  expect(text({ status: "RINGING" })).toBe("Voice call ringing");
  expect(text({ status: "ACCEPTED" })).toBe("Voice call in progress");
  expect(text({})).toBe("Voice call");
  expect(text({ duration: "nonsense", start_time: "" })).toBe("Voice call");
});

test("a length is written in the digits of the page's language", async () => {
  expect([0, 9, 60, 3600].map(duration)).toEqual(["0:00", "0:09", "1:00", "1:00:00"]);
  await loadLanguage("ar-EG");
  expect(duration(65)).toBe("١:٠٥");
});
