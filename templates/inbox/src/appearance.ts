import { signal } from "@preact/signals";
import { keep, recall } from "./storage";
import type { Mode } from "./types";

const key = "porthole.mode";
export const modes: readonly Mode[] = ["system", "light", "dark"];

/** theme.ts has already put the mode that applies on the root element, before the first paint. */
export const mode = signal<Mode>(modes.find((name) => name === document.documentElement.dataset.mode) ?? "system");

/** Kept for the whole origin: it is the person who likes it dark, in whichever inbox; browsers part the frames of sites. */
export function chooseMode(chosen: Mode): void {
  show(chosen);
  keep("localStorage", key, chosen);
}

/** The theme of the page around the frame, which gives way to what the visitor has chosen. */
export function followMode(wanted: Mode): void {
  if (recall("localStorage", key) === null) show(wanted);
}

function show(shown: Mode): void {
  mode.value = shown;
  document.documentElement.dataset.mode = shown;
}
