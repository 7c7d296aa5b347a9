import { signal } from "@preact/signals";
import { keep, recall } from "../storage";
import { type Tone, tones } from "./emojis";

const recentKey = "porthole.emojis";
const toneKey = "porthole.tone";
const most = 24;

/** What was picked last, newest first, in the tones in which it was. */
export const recent = signal<readonly string[]>((recall("localStorage", recentKey) ?? "").split(" ").filter(Boolean));

export function remember(emoji: string): void {
  recent.value = [emoji, ...recent.value.filter((one) => one !== emoji)].slice(0, most);
  keep("localStorage", recentKey, recent.value.join(" "));
}

export const tone = signal<Tone>(tones.find((one) => one === recall("localStorage", toneKey)) ?? "");

export function chooseTone(chosen: Tone): void {
  tone.value = chosen;
  keep("localStorage", toneKey, chosen || null);
}
