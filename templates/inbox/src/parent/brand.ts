import type { Brand, BrandColor } from "../host/declarations";
import { hex, type Rgb, rgb } from "./colors";
import { brandColors, brandedColors, type Own } from "./palette";

/** The steps in which the page's corners are round, as shares of the one that a brand names (tokens.css). */
const radii = { "--radius-small": 0.6, "--radius": 1, "--radius-bubble": 1.4 };

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
  const { accent, bubble, radius, font } = brand ?? {};
  for (const name of [...brandedColors, ...Object.keys(radii), "--font"]) root.style.removeProperty(name);
  const wanted = { accent: accent ? shownNow(accent) : null, bubble: bubble ? shownNow(bubble) : null };
  for (const [name, color] of Object.entries(brandColors(wanted, ownColors())))
    root.style.setProperty(name, hex(color));
  if (radius !== undefined)
    for (const [name, share] of Object.entries(radii)) root.style.setProperty(name, `${radius * share}px`);
  if (font !== undefined)
    root.style.setProperty("--font", `${font}, ${getComputedStyle(root).getPropertyValue("--font")}`);
}

/** Of a colour for each theme the one that is seen. */
function shownNow(color: BrandColor): Rgb | null {
  const { mode } = root.dataset;
  const theme = mode === "dark" || (mode !== "light" && dark.matches) ? "dark" : "light";
  return rgb(typeof color === "string" ? color : color[theme]);
}

/** The page's own, from tokens.css, as they are in the theme that is seen. */
function ownColors(): Own {
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
    hover: read("--hover"),
    bubble: read("--bubble-out"),
    text: read("--text"),
    accent: read("--accent"),
    texts: [read("--text"), read("--text-soft"), read("--text-faint"), read("--read")],
  };
  probe.remove();
  return own;
}
