import { mixed, type Rgb, readable, textOn } from "./colors";

/** What a brand's colours are shown as (tokens.css). */
export const brandedColors = [
  "--accent",
  "--accent-strong",
  "--on-accent",
  "--focus",
  "--selected",
  "--bubble-out",
] as const;

/** The page's own colours, in one theme; `texts` are those that stand on bubbles and on what is selected. */
export interface Own {
  surface: Rgb;
  canvas: Rgb;
  raised: Rgb;
  hover: Rgb;
  bubble: Rgb;
  text: Rgb;
  accent: Rgb;
  texts: readonly Rgb[];
}

/** Of a brand what can be read in one theme; null is what the brand does not name. */
export function brandColors(
  { accent, bubble }: { accent: Rgb | null; bubble: Rgb | null },
  own: Own,
): Partial<Record<(typeof brandedColors)[number], Rgb>> {
  const found: ReturnType<typeof brandColors> = {};
  if (accent) {
    // It is text too: on surfaces, on bubbles, and on what is selected, which is tinted with it.
    const selected = readable(mixed(own.surface, accent, 0.12), own.texts, own.surface);
    const grounds = [own.surface, own.canvas, own.raised, own.hover, selected];
    // The brand's own bubble gives way to the accent instead.
    const shown = readable(accent, bubble ? grounds : [...grounds, own.bubble], own.text);
    const strong = mixed(shown, own.text, 0.2);
    const on = textOn(shown);
    found["--accent"] = found["--focus"] = shown;
    found["--on-accent"] = on;
    found["--accent-strong"] = textOn(strong) === on ? strong : shown; // under the pointer the same text stands on it
    found["--selected"] = selected;
  }
  if (bubble) found["--bubble-out"] = readable(bubble, [...own.texts, found["--accent"] ?? own.accent], own.surface);
  return found;
}
