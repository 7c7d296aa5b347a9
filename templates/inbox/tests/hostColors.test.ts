import fc from "fast-check";
import { expect, test } from "vitest";
import { contrast, hex, leastContrast, type Rgb, readable, textOn } from "../src/parent/colors";

const part = fc.integer({ min: 0, max: 255 });
const color = fc.tuple(part, part, part) as fc.Arbitrary<Rgb>;
const black: Rgb = [0, 0, 0];
const white: Rgb = [255, 255, 255];

test("contrast is WCAG's", () => {
  expect(contrast(black, white)).toBeCloseTo(21);
  expect(contrast([118, 118, 118], white)).toBeCloseTo(4.54, 2);
  expect(hex([0, 128, 255])).toBe("#0080ff");
});

test("what stands on any colour can be read", () => {
  fc.assert(fc.property(color, (ground) => contrast(textOn(ground), ground) >= leastContrast));
});

test("any colour can be read on light and on dark, and stays what it is where it can", () => {
  fc.assert(
    fc.property(color, color, (wanted, ground) => {
      const shown = readable(wanted, [ground], textOn(ground));
      expect(contrast(shown, ground)).toBeGreaterThanOrEqual(leastContrast);
      if (contrast(wanted, ground) >= leastContrast) expect(shown).toEqual(wanted);
    }),
  );
});
