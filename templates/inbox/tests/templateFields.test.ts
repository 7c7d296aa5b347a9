import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emptyFields, fieldsOf, fillIn, noValues, shownOf, type TemplateValues } from "../src/compose/templateFields";
import { findTemplates, isSendable } from "../src/compose/templates";
import type { MessageTemplate, SamplePart } from "../src/meta";

const template = (components: SamplePart[], values: Partial<MessageTemplate> = {}): MessageTemplate => ({
  id: "1",
  name: "order_update",
  language: "en_US",
  category: "UTILITY",
  parameter_format: "POSITIONAL",
  components,
  ...values,
});

const order = template([
  { type: "HEADER", format: "TEXT", text: "Order {{1}}", example: { header_text: ["A-1042"] } },
  { type: "BODY", text: "Hi {{1}}, {{2}} is on its way to {{1}}.", example: { body_text: [["Ana", "A-1042"]] } },
  { type: "FOOTER", text: "Thank you" },
  {
    type: "BUTTONS",
    buttons: [
      { type: "QUICK_REPLY", text: "Talk to us" },
      { type: "URL", text: "Track", url: "https://shop.example/{{1}}", example: ["https://shop.example/A-1042"] },
      { type: "URL", text: "Shop", url: "https://shop.example/" },
      { type: "COPY_CODE", example: "SPRING" },
    ],
  },
]);
const filled = (texts: Record<string, string>, more: Partial<TemplateValues> = {}) => ({ ...noValues, texts, ...more });

describe("what is to be filled in", () => {
  test("is each variable once, the end of an address and a code, in the order of the message", () => {
    expect(fieldsOf(order).map(({ id, ...field }) => [id, "example" in field ? field.example : ""])).toEqual([
      ["header.1", "A-1042"],
      ["body.1", "Ana"],
      ["body.2", "A-1042"],
      ["button.1", "A-1042"],
      ["button.3", "SPRING"],
    ]);
  });

  test("is a file or a place, where the header is one", () => {
    const fields = (format: string) => fieldsOf(template([{ type: "HEADER", format }])).map(({ kind }) => kind);
    expect(["IMAGE", "VIDEO", "DOCUMENT", "LOCATION", "TEXT"].map(fields)).toEqual([
      ["media"],
      ["media"],
      ["media"],
      ["location"],
      [],
    ]);
  });

  test("is missing until it has more than spaces", () => {
    expect(emptyFields(fieldsOf(order), filled({ "header.1": "7", "body.1": " ", "button.1": "x" }))).toEqual([
      "body.1",
      "body.2",
      "button.3",
    ]);
    const picture = fieldsOf(template([{ type: "HEADER", format: "IMAGE" }]));
    expect(emptyFields(picture, noValues)).toEqual(["header"]);
    expect(emptyFields(picture, filled({}, { upload: { id: "u", filename: "a.jpg" } }))).toEqual([]);
  });
});

describe("Meta's object", () => {
  test("has positional values in their places, and each button's by its index", () => {
    const texts = { "header.1": "7", "body.1": "Ana", "body.2": "A-7", "button.1": "A-7", "button.3": "SPRING" };
    expect(fillIn(order, filled(texts)).body).toEqual({
      name: "order_update",
      language: { code: "en_US" },
      components: [
        { type: "header", parameters: [{ type: "text", text: "7" }] },
        {
          type: "body",
          parameters: [
            { type: "text", text: "Ana" },
            { type: "text", text: "A-7" },
          ],
        },
        { type: "button", sub_type: "url", index: 1, parameters: [{ type: "text", text: "A-7" }] },
        {
          type: "button",
          sub_type: "copy_code",
          index: 3,
          parameters: [{ type: "coupon_code", coupon_code: "SPRING" }],
        },
      ],
    });
  });

  test("names the values of a template that has named ones", () => {
    const named = template([{ type: "BODY", text: "Hello {{first_name}} at {{hour}}" }], { parameter_format: "NAMED" });
    const { body } = fillIn(named, filled({ "body.first_name": "Ana", "body.hour": "10:30" }));
    expect(body.components?.[0]?.parameters).toEqual([
      { type: "text", text: "Ana", parameter_name: "first_name" },
      { type: "text", text: "10:30", parameter_name: "hour" },
    ]);
  });

  test("names the upload at its head", () => {
    const video = template([{ type: "HEADER", format: "VIDEO" }]);
    expect(fillIn(video, filled({}, { upload: { id: "u", filename: "a.mp4" } })).body.components).toEqual([
      { type: "header", parameters: [{ type: "video", video: { upload_id: "u" } }] },
    ]);
  });

  test("has an authentication's code for its button too", () => {
    const login = template(
      [
        { type: "BODY", text: "*{{1}}* is your code." },
        { type: "BUTTONS", buttons: [{ type: "URL", text: "Copy", url: "https://www.whatsapp.com/otp/code/{{1}}" }] },
      ],
      { category: "AUTHENTICATION" },
    );
    expect(fieldsOf(login)).toHaveLength(1);
    expect(fillIn(login, filled({ "body.1": "123456" })).body.components?.[1]).toEqual({
      type: "button",
      sub_type: "url",
      index: 0,
      parameters: [{ type: "text", text: "123456" }],
    });
  });

  test("says at which path each field stands", () => {
    expect([...fillIn(order, noValues).paths]).toEqual([
      ["template.components[0].parameters[0]", "header.1"],
      ["template.components[1].parameters[0]", "body.1"],
      ["template.components[1].parameters[1]", "body.2"],
      ["template.components[2].parameters[0]", "button.1"],
      ["template.components[3].parameters[0]", "button.3"],
    ]);
  });

  test("has no components where nothing is open", () => {
    expect(fillIn(template([{ type: "BODY", text: "Welcome" }]), noValues).body).not.toHaveProperty("components");
  });
});

describe("what it says meanwhile", () => {
  const said = (template: MessageTemplate, values: TemplateValues) => shownOf(template, fillIn(template, values).body);

  test("is its body with every value in its place, and a gap where there is none", () => {
    const greeting = template([{ type: "BODY", text: "Hi {{1}}, {{ 2 }}." }]);
    expect(said(greeting, filled({ "body.1": "Ana" })).words).toBe("Hi Ana, {{ 2 }}.");
    fc.assert(
      fc.property(fc.string(), (value) => {
        const { words } = said(template([{ type: "BODY", text: "<{{1}}>" }]), filled({ "body.1": value }));
        expect(words).toBe(`<${value.trim() || "{{1}}"}>`);
      }),
    );
  });

  test("is what stands around that", () => {
    expect(said(order, noValues).template_parts.map(({ type }) => type)).toEqual(["HEADER", "FOOTER", "BUTTONS"]);
  });
});

test("a template is found by words of its name and text, its language and its category", () => {
  const german = template([{ type: "BODY", text: "Ihr Paket ist da" }], {
    id: "2",
    language: "de",
    category: "MARKETING",
  });
  const find = (words: string, language = "", category = "") =>
    findTemplates([order, german], { words, language, category }).map(({ id }) => id);
  expect(find("")).toEqual(["1", "2"]);
  expect(find("ORDER update")).toEqual(["1", "2"]);
  expect(find("paket")).toEqual(["2"]);
  expect(find("", "en_US")).toEqual(["1"]);
  expect(find("", "", "MARKETING")).toEqual(["2"]);
});

test("what only a program can fill in is not offered", () => {
  expect(isSendable(order)).toBe(true);
  expect(isSendable(template([{ type: "CAROUSEL" }]))).toBe(false);
  expect(isSendable(template([{ type: "BUTTONS", buttons: [{ type: "MPM" }] }]))).toBe(false);
});
