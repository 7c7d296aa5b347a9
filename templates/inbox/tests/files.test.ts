import { expect, test } from "vitest";
import { excess, fileBody, type Kind, kindOf, kindsOf, takesCaption } from "../src/compose/files";

const MiB = 1024 * 1024;

test("a file is sent as what it is, and as a document where nobody knows", () => {
  const kinds: [name: string, type: string, kind: Kind][] = [
    ["a.jpg", "image/jpeg", "image"],
    ["a.webp", "image/webp", "image"],
    ["a.heic", "", "image"],
    ["a.svg", "image/svg+xml", "document"],
    ["a.mp4", "video/mp4", "video"],
    ["a.mp3", "audio/mpeg", "audio"],
    ["a.pdf", "application/pdf", "document"],
    ["a", "", "document"],
  ];
  for (const [name, type, kind] of kinds) expect(kindOf({ name, type }), name).toBe(kind);
});

test("whatever a file is, it can be sent as a document, and WebP as a sticker too", () => {
  expect(kindsOf({ name: "a.png", type: "image/png" })).toEqual(["image", "document"]);
  expect(kindsOf({ name: "a.webp", type: "image/webp" })).toEqual(["image", "document", "sticker"]);
  expect(kindsOf({ name: "a.pdf", type: "application/pdf" })).toEqual(["document"]);
});

test("what Meta would refuse for its size is not sent up, but a picture is, which is made smaller", () => {
  expect(excess(16 * MiB, "video")).toBeNull();
  expect(excess(16 * MiB + 1, "video")).toBe(16 * MiB);
  expect(excess(16 * MiB + 1, "document")).toBeNull();
  expect(excess(20 * MiB, "image")).toBeNull();
  expect(excess(500 * 1024 + 1, "sticker")).toBe(500 * 1024);
});

test("a message names its upload, with words only where its kind has them", () => {
  expect(fileBody("image", "u", "a.jpg", " Here ")).toEqual({
    type: "image",
    image: { upload_id: "u", caption: "Here" },
  });
  expect(fileBody("document", "u", "a.pdf", " ")).toEqual({
    type: "document",
    document: { upload_id: "u", filename: "a.pdf" },
  });
  expect(fileBody("voice", "u", "voice", "")).toEqual({ type: "audio", audio: { upload_id: "u", voice: true } });
  for (const kind of ["audio", "voice", "sticker"] as const) {
    expect(takesCaption(kind)).toBe(false);
    expect(JSON.stringify(fileBody(kind, "u", "a", "words"))).not.toContain("words");
  }
});
