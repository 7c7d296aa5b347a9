import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Button, saidBy, withAnswers } from "../src/template";
import type { TemplateButton, TemplateComponent, TemplatePart, TemplateValue } from "../src/types";

const text = (value: string): TemplateValue => ({ type: "text", text: value });
const pressed = (index: number | string, sub_type: string, ...parameters: TemplateValue[]): TemplateComponent => ({
  type: "button",
  sub_type,
  index,
  parameters,
});
const buttonsOf = (buttons: TemplateButton[], values: TemplateComponent[] = []) =>
  saidBy([{ type: "BUTTONS", buttons }], values).buttons;
const reply = (text: string, id = text): Button => ({ kind: "reply", text, id, href: null, note: "" });

describe("a template whose parts are known", () => {
  const parts: TemplatePart[] = [
    { type: "HEADER", format: "TEXT", text: "Order {{1}}" },
    { type: "LIMITED_TIME_OFFER", limited_time_offer: { text: "Until Friday" } },
    { type: "BODY", text: "Hi {{ first_name }}, {{1}} costs {{2}}. {{9}}" },
    { type: "FOOTER", text: "Thank you" },
  ];

  test("says each of them with the values in their places", () => {
    const price = { type: "currency", currency: { fallback_value: "9 €" } };
    const values = [
      { type: "HEADER", parameters: [text("A-1042")] },
      { type: "body", parameters: [text("{{2}}"), price, { ...text("Ana"), parameter_name: "first_name" }] },
    ];
    expect(saidBy(parts, values)).toMatchObject({
      header: "Order A-1042",
      offer: "Until Friday",
      body: "Hi Ana, {{2}} costs 9 €. {{9}}",
      footer: "Thank you",
      buttons: [],
      cards: [],
    });
  });

  test("has a file or a place at its head", () => {
    const place = { latitude: 1, longitude: 2 };
    const head = { type: "header", parameters: [{ type: "location", location: place }] };
    expect(saidBy([{ type: "HEADER", format: "LOCATION" }], [head])).toMatchObject({ place, header: "" });
    expect(saidBy([{ type: "HEADER", format: "VIDEO" }], []).file).toBe("video");
    expect(saidBy([{ type: "HEADER", format: "TEXT", text: "A" }], []).file).toBeUndefined();
  });

  test("has buttons that are known by their payload, or else by what they say", () => {
    const buttons = ["Yes", "No"].map((text) => ({ type: "QUICK_REPLY", text }));
    const payload = pressed("1", "quick_reply", { type: "payload", payload: "NO-7" });
    expect(buttonsOf(buttons, [payload])).toEqual([reply("Yes"), reply("No", "NO-7")]);
  });

  test("leads where its address does, once that is filled in", () => {
    const track = { type: "URL", text: "Track", url: "https://shop.example/{{1}}" };
    const href = (button: TemplateButton, value?: string) =>
      buttonsOf([button], value === undefined ? [] : [pressed(0, "url", text(value))])[0]?.href;
    expect(href(track, "A-7?x=1")).toBe("https://shop.example/A-7?x=1");
    expect(href(track)).toBeNull();
    expect(href({ ...track, url: "https://shop.example/" })).toBe("https://shop.example/");
  });

  test("leads nowhere but into the web", () => {
    for (const url of ["javascript:alert(1)", "data:text/html,x", "https://bank.example@evil.example", "shop", ""])
      expect(buttonsOf([{ type: "URL", text: "Track", url }])[0]?.href, url).toBeNull();
    fc.assert(
      fc.property(fc.string(), fc.string(), (url, value) => {
        const [button] = buttonsOf([{ type: "URL", url: `${url}{{1}}` }], [pressed(0, "url", text(value))]);
        expect(button?.href ?? "https:").toMatch(/^https?:/);
      }),
    );
  });

  test("calls a number, and nothing that is none", () => {
    const href = (phone_number: string) => buttonsOf([{ type: "PHONE_NUMBER", phone_number }])[0]?.href;
    expect(href("+1 (555) 0100")).toBe("tel:+15550100");
    expect(href("javascript:1")).toBeNull();
  });

  test("shows the code that it copies", () => {
    const coupon = pressed(0, "copy_code", { type: "coupon_code", coupon_code: "SPRING" });
    expect(buttonsOf([{ type: "COPY_CODE", text: "Copy" }], [coupon])[0]).toMatchObject({
      kind: "code",
      note: "SPRING",
    });
    const otp = { type: "URL", text: "Copy", url: "https://www.whatsapp.com/otp/code/?code=otp{{1}}" };
    const code = { kind: "code", href: null, note: "123456" };
    expect(buttonsOf([otp], [pressed(0, "url", text("123456"))])[0]).toMatchObject(code);
  });

  test("has buttons of kinds that we do not know", () => {
    for (const type of ["FLOW", "CATALOG", "toString", ""])
      expect(buttonsOf([{ type, text: "See" }])[0]).toMatchObject({ kind: "other", text: "See", href: null });
  });

  test("has a carousel's cards, each with its own values", () => {
    const card = (body: string): TemplatePart[] => [
      { type: "HEADER", format: "IMAGE" },
      { type: "BODY", text: body },
      { type: "BUTTONS", buttons: [{ type: "QUICK_REPLY", text: "This" }] },
    ];
    const cards = [card("Lamp {{1}}"), card("Chair {{1}}")].map((components) => ({ components }));
    const values = [1, 0].map((card_index) => ({
      card_index,
      components: [
        { type: "body", parameters: [text(`no. ${card_index}`)] },
        pressed(0, "quick_reply", { type: "payload", payload: `card-${card_index}` }),
      ],
    }));
    expect(saidBy([{ type: "CAROUSEL", cards }], [{ type: "carousel", cards: values }]).cards).toMatchObject([
      { file: "image", body: "Lamp no. 0", buttons: [reply("This", "card-0")] },
      { file: "image", body: "Chair no. 1", buttons: [reply("This", "card-1")] },
    ]);
  });
});

describe("a template whose parts are not known", () => {
  test("says what it was filled in with", () => {
    const head = { type: "header", parameters: [text("Order 7")] };
    const words = { type: "body", parameters: [text("Ana"), text("7"), text("Ana"), { type: "image" }] };
    const link = pressed("0", "URL", text("A-7"));
    const coupon = pressed(1, "copy_code", { type: "coupon_code", coupon_code: "SPRING" });
    const none = { text: "", id: "", href: null };
    expect(saidBy(null, [head, words, link, coupon])).toMatchObject({
      header: "Order 7",
      body: "Ana · 7",
      footer: "",
      buttons: [
        { ...none, kind: "link", note: "A-7" },
        { ...none, kind: "code", note: "SPRING" },
      ],
    });
    const picture = { type: "header", parameters: [{ type: "image" }] };
    expect(saidBy(null, [picture])).toMatchObject({ file: "image", header: "" });
    const cards = [{ card_index: 0, components: [words] }];
    expect(saidBy(null, [{ type: "carousel", cards }]).cards).toMatchObject([{ body: "Ana · 7" }]);
  });

  test("has the buttons that were pressed, each once", () => {
    const { buttons } = saidBy(null, [pressed(0, "quick_reply", { type: "payload", payload: "YES-7" })]);
    expect(withAnswers(buttons, new Map())).toEqual([reply("", "YES-7")]);
    const answers = new Map([
      ["YES-7", "Yes"],
      ["Yes", "Yes"],
      ["NO-7", "No"],
      ["No", "No"],
    ]);
    expect(withAnswers(buttons, answers)).toEqual([reply("Yes", "YES-7"), reply("No")]);
  });
});
