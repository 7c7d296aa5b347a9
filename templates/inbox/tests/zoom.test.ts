import fc from "fast-check";
import { expect, test } from "vitest";
import { fitted, moved, type Room, zoomed } from "../src/components/lightbox/zoom";

const room: Room = { picture: { width: 400, height: 300 }, frame: { width: 500, height: 300 } };

test("what is under the pointer stays there", () => {
  const point = { x: 50, y: -40 };
  const view = zoomed(fitted, 4, point, room);
  expect(view.scale).toBe(4);
  expect([(point.x - view.x) / view.scale, (point.y - view.y) / view.scale]).toEqual([50, -40]);
});

test("a picture is never smaller than it fits, nor moved beyond its edges", () => {
  const number = fc.integer({ min: -2000, max: 2000 });
  const step = fc.record({ factor: fc.double({ min: 0.1, max: 9, noNaN: true }), x: number, y: number });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      let view = fitted;
      for (const { factor, x, y } of steps) view = moved(zoomed(view, factor, { x, y }, room), { x, y }, room);
      expect(view.scale).toBeGreaterThanOrEqual(1);
      expect(Math.abs(view.x)).toBeLessThanOrEqual(Math.max(0, (400 * view.scale - 500) / 2) + 1e-9);
      expect(Math.abs(view.y)).toBeLessThanOrEqual((300 * view.scale - 300) / 2 + 1e-9);
    }),
  );
});
