import type { Brand, BrandColor } from "../host/declarations";
import { hex, mixed, type Rgb, readable, rgb, textOn } from "./colors";

/** The steps in which the page's corners are round, as shares of the one that a brand names (tokens.css). */
const radii = { "--radius-small": 0.6, "--radius": 1, "--radius-bubble": 1.4 };
const colors = ["--accent", "--accent-strong", "--on-accent", "--focus", "--selected", "--bubble-out"] as const;
type Colors = Partial<Record<(typeof colors)[number], Rgb>>;

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
let brand: Brand | null = null;

/** Looks as the host's brand does, and by itself in all that it does not name. */
export function showBrand(shown: Brand): void {
  if (brand === null) {
    // What can be read depends on the theme, which the visitor and the system change.
    new MutationObserver(paint).observe(root, { attributeFilter: ["data-mode"] });
    dark.addEventListener("change", paint);
  }
  brand = shown;
  paint();
}

function paint(): void {
  const { radius, font, ...named } = brand ?? {};
  for (const name of [...colors, ...Object.keys(radii), "--font"]) root.style.removeProperty(name);
  for (const [name, color] of Object.entries(readableColors(named))) root.style.setProperty(name, hex(color));
  if (radius !== undefined)
    for (const [name, share] of Object.entries(radii)) root.style.setProperty(name, `${radius * share}px`);
  if (font !== undefined)
    root.style.setProperty("--font", `${font}, ${getComputedStyle(root).getPropertyValue("--font")}`);
}

function readableColors({ accent, bubble }: Pick<Brand, "accent" | "bubble">): Colors {
  const own = ownColors();
  const found: Colors = {};
  const wantedAccent = accent && shownNow(accent);
  if (wantedAccent) {
    // It is text too: on surfaces, and on what is selected, which is tinted with it.
    const selected = readable(mixed(own.surface, wantedAccent, 0.12), own.texts, own.surface);
    const shown = readable(wantedAccent, [own.surface, own.canvas, own.raised, selected], own.text);
    const strong = mixed(shown, own.text, 0.2);
    const on = textOn(shown);
    found["--accent"] = found["--focus"] = shown;
    found["--on-accent"] = on;
    found["--accent-strong"] = textOn(strong) === on ? strong : shown; // under the pointer the same text stands on it
    found["--selected"] = selected;
  }
  const wantedBubble = bubble && shownNow(bubble);
  if (wantedBubble)
    found["--bubble-out"] = readable(wantedBubble, [...own.texts, found["--accent"] ?? own.accent], own.surface);
  return found;
}

/** Of a colour for each theme the one that is seen. */
function shownNow(color: BrandColor): Rgb | null {
  const { mode } = root.dataset;
  const theme = mode === "dark" || (mode !== "light" && dark.matches) ? "dark" : "light";
  return rgb(typeof color === "string" ? color : color[theme]);
}

/** The page's own, from tokens.css, as they are in the theme that is seen. */
function ownColors() {
  const probe = document.createElement("i");
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
    texts: [read("--text"), read("--text-soft"), read("--text-faint"), read("--read")],
  };
  probe.remove();
  return own;
}
