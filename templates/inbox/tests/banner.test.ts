import { afterEach, expect, test } from "vitest";
import { bannerText } from "../src/banner";
import { loadLanguage } from "../src/i18n";

const ana = { id: "7", name: "Ana Ribeiro" };

afterEach(() => loadLanguage("en"));

test("the banner of a handoff names who took over, in every language", async () => {
  for (const language of ["en", "es", "pt", "fr", "de", "ar"]) {
    await loadLanguage(language);
    expect(bannerText("handoff", ana)).toContain("\u2068Ana Ribeiro\u2069");
    expect(bannerText("handoff", null)).not.toContain("{name}");
  }
});

test("an engine that hands over by itself, and every other mode, name nobody", () => {
  expect(bannerText("handoff", null)).toMatch(/^A person is needed here/);
  expect(bannerText("running", null)).toBe("An automation is answering this conversation.");
  expect(bannerText("failed", ana)).toBe("The automation failed. Please take over this conversation.");
});
