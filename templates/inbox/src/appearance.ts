import { signal } from "@preact/signals";
import { keep } from "./storage";
import type { Mode } from "./types";

export const modes: readonly Mode[] = ["system", "light", "dark"];

/** theme.ts has already put the mode that applies on the root element, before the first paint. */
export const mode = signal<Mode>(modes.find((name) => name === document.documentElement.dataset.mode) ?? "system");

/** Kept for the whole origin: it is the person who likes it dark, in whichever inbox; browsers part the frames of sites. */
export function chooseMode(chosen: Mode): void {
  mode.value = chosen;
  document.documentElement.dataset.mode = chosen;
  keep("localStorage", "porthole.mode", chosen);
}
