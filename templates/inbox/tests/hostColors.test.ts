import fc from "fast-check";
import { expect, test } from "vitest";
import { contrast, hex, leastContrast, type Rgb, readable, textOn } from "../src/parent/colors";
import { brandColors } from "../src/parent/palette";
import tokens from "../src/styles/tokens.css?raw";

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

test.each([0, 1])("a brand can be read on all that it stands on, in theme %i", (theme) => {
  const token = (name: string): Rgb => {
    const pair = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(tokens);
    const [red = 0, green = 0, blue = 0] = (pair?.[theme + 1]?.match(/\w\w/g) ?? []).map((two) =>
      Number.parseInt(two, 16),
    );
    return [red, green, blue];
  };
  const own = {
    surface: token("surface"),
    canvas: token("canvas"),
    raised: token("raised"),
    hover: token("hover"),
    bubble: token("bubble-out"),
    text: token("text"),
    accent: token("accent"),
    texts: ["text", "text-soft", "text-faint", "read"].map(token),
  };
  const named = fc.option(color);
  const violet = { accent: [0x7a, 0x3e, 0xa1] as Rgb, bubble: null };
  const property = fc.property(fc.record({ accent: color, bubble: named }), (brand) => {
    const colors = brandColors(brand, own);
    const { "--accent": accent = black, "--accent-strong": strong = black, "--on-accent": on = black } = colors;
    const { "--selected": selected = black, "--bubble-out": bubble = own.bubble } = colors;
    const pairs: [Rgb, Rgb][] = [
      [on, accent],
      [on, strong],
      ...[own.surface, own.canvas, own.raised, own.hover, selected, bubble].flatMap((ground): [Rgb, Rgb][] => [
        [accent, ground],
        [strong, ground],
      ]),
      ...own.texts.map((text): [Rgb, Rgb] => [text, selected]),
    ];
    for (const [text, ground] of pairs) expect(contrast(text, ground)).toBeGreaterThanOrEqual(leastContrast);
  });
  fc.assert(property, { numRuns: 1000, examples: [[violet]] });
});
