import { expect, test } from "vitest";
import { ApiError } from "../src/api";
import { failureText } from "../src/failure";
import { asMessage } from "../src/reply";
import { outgoingReactions } from "../src/selectors";
import { outgoing } from "./rows";

test("a message is drawn with its content and its file before the server has it", () => {
  const { type, image, direction, status } = asMessage(
    outgoing({ body: { type: "image", image: { upload_id: "u", caption: "Here" } } }),
  );
  expect({ type, image, direction, status }).toEqual({
    type: "image",
    image: { upload_id: "u", caption: "Here" },
    direction: "outbound",
    status: "queued",
  });
});

test("of our reactions to one message the last is shown", () => {
  const react = (client_id: string, emoji: string) =>
    outgoing({ client_id, body: { type: "reaction", reaction: { message_id: "wamid.m", emoji } } });
  const found = outgoingReactions([outgoing(), react("1", "👍"), react("2", "")]);
  expect([...found].map(([wamid, row]) => [wamid, row.client_id])).toEqual([["wamid.m", "2"]]);
});

test("a failure is told in the page's words where they are known, else in the server's", () => {
  expect(failureText(new ApiError(0, "unreachable", "TypeError"))).toBe("Not sent: the connection was lost.");
  expect(failureText(new ApiError(422, "window_closed", "x"))).toMatch("24-hour reply window is closed");
  expect(failureText(new ApiError(422, "other", "Something else."))).toBe("Something else.");
});
