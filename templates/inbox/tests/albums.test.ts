import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { Media, Message } from "../src/types";
import { message, outgoing } from "./rows";

// The page's calls to the server have no part in it.
vi.mock("../src/actions", () => ({ theApi: () => undefined }));
const { withAlbums } = await import("../src/albums");
const { timeline } = await import("../src/timeline");

const media = { id: "m", state: "ready", url: "/m", thumbnail_url: "/t", mime_type: "image/jpeg" } as Media;

const picture = (id: string, values: Partial<Message> = {}) =>
  message({ id, type: "image", image: {}, media, text: {}, ...values });

const shape = (messages: Message[], replies: ReturnType<typeof outgoing>[] = []) =>
  withAlbums(timeline("a", messages, replies, null, null)).flatMap((item) =>
    item.kind === "album" ? item.items.length : item.kind === "day" ? [] : item.kind,
  );

test("pictures and films that follow one another are one album, and one alone is none", () => {
  const film = picture("2", { type: "video", video: {}, media: { ...media, mime_type: "video/mp4" } });
  expect(shape([picture("1"), film, picture("3", { media: { ...media, state: "pending" } })])).toEqual([3]);
  expect(shape([picture("1"), message({ id: "2" }), picture("3")])).toEqual(["message", "message", "message"]);
  expect(shape([picture("1"), picture("2", { timestamp: "2026-01-01T10:04:00Z" })])).toEqual(["message", "message"]);
  expect(shape([picture("1"), picture("2", { direction: "outbound" })])).toEqual(["message", "message"]);
});

test("what has more to show than the picture stands alone", () => {
  const quoted = { message_id: "w", message: null };
  const error = { code: 1, title: "No", details: null };
  const more: Partial<Message>[] = [
    { image: { caption: "Look" } },
    { context: quoted },
    { forwarded: "forwarded" },
    { deleted_at: "2026-01-01T10:00:00Z" },
    { error },
    { status: "failed" },
    { media: null },
    { media: { ...media, state: "gone" } },
    { media: { ...media, mime_type: "image/heic", thumbnail_url: null } },
  ];
  for (const values of more)
    expect(shape([picture("1"), picture("2"), picture("3", values), picture("4"), picture("5")])).toEqual([
      2,
      "message",
      2,
    ]);
});

test("a picture on its way joins the album of those before it, until it fails", () => {
  const sent = picture("1", { direction: "outbound" });
  const reply = outgoing({ body: { type: "image", image: { upload_id: "u" } }, media, timestamp: sent.timestamp });
  expect(shape([sent], [reply])).toEqual([2]);
  expect(shape([sent], [{ ...reply, failure: "No" }])).toEqual(["message", "outgoing"]);
});

test("albums hold every item once and in order", () => {
  const kind = fc.constantFrom<Partial<Message>>(
    {},
    { direction: "outbound" },
    { image: { caption: "x" } },
    { type: "text" },
  );
  fc.assert(
    fc.property(fc.array(kind), (kinds) => {
      const items = timeline(
        "a",
        kinds.map((values, place) => picture(`${place}`, values)),
        [],
        null,
        null,
      );
      const flat = withAlbums(items).flatMap((item) => (item.kind === "album" ? item.items : item));
      expect(flat).toEqual(items);
    }),
  );
});
