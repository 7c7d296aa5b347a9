import type { Brand, BrandColor } from "../host/declarations";
import { hex, mixed, type Rgb, readable, rgb, textOn } from "./colors";

/** The steps in which the page's corners are round, as shares of the one that a brand names (tokens.css). */
const radii = { "--radius-small": 0.6, "--radius": 1, "--radius-bubble": 1.4 };
const colors = ["--accent", "--accent-strong", "--on-accent", "--focus", "--selected", "--bubble-out"] as const;
type Name = (typeof colors)[number];

const style = document.documentElement.style;

/** Looks as the host's brand does, and by itself in all that it does not name. Readable in both themes. */
export function showBrand({ accent, bubble, radius, font }: Brand): void {
  const names = [...colors, ...Object.keys(radii), "--font"];
  for (const name of names) style.removeProperty(name);
  const light = branded("light", accent, bubble);
  const dark = branded("dark", accent, bubble);
  for (const name of colors) {
    const [inLight, inDark] = [light[name], dark[name]];
    if (inLight && inDark) style.setProperty(name, `light-dark(${hex(inLight)}, ${hex(inDark)})`);
  }
  if (radius !== undefined)
    for (const [name, share] of Object.entries(radii)) style.setProperty(name, `${radius * share}px`);
  if (font !== undefined) {
    const own = getComputedStyle(document.documentElement).getPropertyValue("--font");
    style.setProperty("--font", `${font}, ${own}`);
  }
}

function branded(theme: "light" | "dark", accent?: BrandColor, bubble?: BrandColor): Partial<Record<Name, Rgb>> {
  const own = ownColors(theme);
  const found: Partial<Record<Name, Rgb>> = {};
  const wantedAccent = accent && colorIn(accent, theme);
  if (wantedAccent) {
    // It is text too, on surfaces and on what is selected, which is tinted with it.
    const selected = readable(mixed(own.surface, wantedAccent, 0.12), own.texts, own.surface);
    const shown = readable(wantedAccent, [own.surface, own.canvas, own.raised, selected], own.text);
    const on = textOn(shown);
    found["--accent"] = found["--focus"] = shown;
    found["--on-accent"] = on;
    found["--accent-strong"] = mixed(shown, own.text, 0.2);
    found["--selected"] = selected;
    // Under the pointer an accent moves towards the text's colour; so may what stands on it.
    if (textOn(found["--accent-strong"]) !== on) found["--accent-strong"] = shown;
  }
  const wantedBubble = bubble && colorIn(bubble, theme);
  if (wantedBubble) {
    const texts = [...own.texts, found["--accent"] ?? own.accent];
    found["--bubble-out"] = readable(wantedBubble, texts, own.surface);
  }
  return found;
}

function colorIn(color: BrandColor, theme: "light" | "dark"): Rgb | null {
  return rgb(typeof color === "string" ? color : color[theme]);
}

/** The page's own colours in a theme, which tokens.css has. */
function ownColors(theme: "light" | "dark") {
  const probe = document.createElement("i");
  probe.style.colorScheme = theme;
  document.body.append(probe);
  const read = (name: string): Rgb => {
    probe.style.color = `var(${name})`;
    return rgb(getComputedStyle(probe).color) ?? [0, 0, 0];
  };
  const own = {
    surface: read("--surface"),
    canvas: read("--canvas"),
    raised: read("--raised"),
    text: read("--text"),
    accent: read("--accent"),
    texts: [read("--text"), read("--text-soft"), read("--text-faint")],
  };
  probe.remove();
  return own;
}
