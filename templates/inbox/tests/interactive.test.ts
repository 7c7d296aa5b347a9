import { describe, expect, test } from "vitest";
import {
  emptyDraft,
  emptySection,
  headerKinds,
  type InteractiveDraft,
  interactiveBody,
  problemsOf,
} from "../src/compose/interactive";

const draft = (values: Partial<InteractiveDraft>): InteractiveDraft => ({ ...emptyDraft(), body: "Which?", ...values });
const paths = (values: Partial<InteractiveDraft>) => Object.fromEntries(problemsOf(draft(values)));

describe("what is wrong", () => {
  test("is named by the path that the server would name it by", () => {
    expect(paths({ body: " " })).toEqual({
      "interactive.body.text": "required",
      "interactive.action.buttons[0].reply.title": "required",
    });
    expect(paths({ buttons: ["Yes", " Yes"] })).toEqual({ "interactive.action.buttons[1].reply.title": "unique" });
    expect(paths({ kind: "cta_url", label: "Shop", url: "shop.example" })).toEqual({
      "interactive.action.parameters.url": "url",
    });
  });

  test("is the header, where one was chosen that its kind may have", () => {
    expect(paths({ buttons: ["Yes"], headerKind: "text" })).toEqual({ "interactive.header.text": "required" });
    expect(paths({ buttons: ["Yes"], headerKind: "image" })).toEqual({ "interactive.header.image": "required" });
    expect(paths({ kind: "location_request_message", headerKind: "image" })).toEqual({});
  });

  test("is a section without a title once there are two, and a row without one", () => {
    const section = { title: "", rows: [{ title: "Oak", description: "" }] };
    expect(paths({ kind: "list", listButton: "Woods", sections: [section] })).toEqual({});
    expect(paths({ kind: "list", listButton: "Woods", sections: [section, emptySection()] })).toEqual({
      "interactive.action.sections[0].title": "required",
      "interactive.action.sections[1].title": "required",
      "interactive.action.sections[1].rows[0].title": "required",
    });
  });
});

describe("Meta's object", () => {
  test("has buttons with ids that differ", () => {
    expect(interactiveBody(draft({ buttons: ["Yes", "No"], footer: "Soon" }))).toEqual({
      type: "button",
      body: { text: "Which?" },
      footer: { text: "Soon" },
      action: {
        buttons: [
          { type: "reply", reply: { id: "1", title: "Yes" } },
          { type: "reply", reply: { id: "2", title: "No" } },
        ],
      },
    });
  });

  test("has a list's sections and rows, and leaves out what is empty", () => {
    const rows = [
      { title: "Oak", description: "Light" },
      { title: "Ash", description: " " },
    ];
    const { action } = interactiveBody(draft({ kind: "list", listButton: "Woods", sections: [{ title: "", rows }] }));
    expect(action).toEqual({
      button: "Woods",
      sections: [
        {
          rows: [
            { id: "1.1", title: "Oak", description: "Light" },
            { id: "1.2", title: "Ash" },
          ],
        },
      ],
    });
  });

  test("has the header of an upload, and none that its kind may not have", () => {
    const upload = { id: "u", filename: "a.pdf" };
    expect(interactiveBody(draft({ headerKind: "document", upload })).header).toEqual({
      type: "document",
      document: { upload_id: "u", filename: "a.pdf" },
    });
    expect(interactiveBody(draft({ kind: "list", headerKind: "document", upload }))).not.toHaveProperty("header");
    expect(headerKinds("location_request_message")).toEqual(["none"]);
  });

  test("asks for a location with nothing but its words", () => {
    expect(interactiveBody(draft({ kind: "location_request_message", footer: "x", headerKind: "text" }))).toEqual({
      type: "location_request_message",
      body: { text: "Which?" },
      action: { name: "send_location" },
    });
  });
});
