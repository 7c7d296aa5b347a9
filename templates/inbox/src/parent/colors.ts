/** Red, green and blue, each 0 to 255. */
export type Rgb = readonly [number, number, number];

const black: Rgb = [0, 0, 0];
const white: Rgb = [255, 255, 255];
/** Of text, WCAG 2.2, 1.4.3 (AA). */
export const leastContrast = 4.5;

let canvas: OffscreenCanvasRenderingContext2D | null = null;

/** What the browser makes of a CSS colour, whichever way it is written; null if it is none by itself, or not opaque. */
export function rgb(color: string): Rgb | null {
  canvas ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  if (!canvas || parsed(canvas, color, "#000000") !== parsed(canvas, color, "#ffffff")) return null;
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0, alpha] = canvas.getImageData(0, 0, 1, 1).data;
  return alpha === 255 ? [red, green, blue] : null;
}

/** A canvas keeps its colour, `before`, when it is given something that is none. */
function parsed(canvas: OffscreenCanvasRenderingContext2D, color: string, before: string) {
  canvas.fillStyle = before;
  canvas.fillStyle = color;
  return canvas.fillStyle;
}

export function hex(color: Rgb): string {
  return `#${color.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

/** WCAG 2.2, "relative luminance". */
function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function contrast(one: Rgb, other: Rgb): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** `share` of the way from one colour to another, 0 to 1. */
export function mixed(from: Rgb, to: Rgb, share: number): Rgb {
  return from.map((part, index) => Math.round(part + ((to[index] ?? 0) - part) * share)) as unknown as Rgb;
}

/** Black or white, whichever is read better: one of them always has enough contrast. */
export function textOn(color: Rgb): Rgb {
  return contrast(color, white) >= contrast(color, black) ? white : black;
}

/** The colour itself, or as much of the way to `end` as it needs to stand out from all of `others`. */
export function readable(color: Rgb, others: readonly Rgb[], end: Rgb): Rgb {
  for (let step = 0; step < 20; step++) {
    const moved = mixed(color, end, step / 20);
    if (others.every((other) => contrast(moved, other) >= leastContrast)) return moved;
  }
  return end;
}
