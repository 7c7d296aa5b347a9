import { keep, recall } from "./storage";
import { detailsOpen } from "./store";

const key = "porthole.details";
export const isWide = () => matchMedia("(width >= 1240px)").matches;

/** Whether details lie over the thread, or take its place. */
export const coversThread = () => matchMedia("(width < 1080px)").matches;

/** Where there is room for three panels the reader's last choice holds; elsewhere details open only when asked for. */
export function wantsDetails(): boolean {
  return isWide() && recall("localStorage", key) !== "closed";
}

export function showDetails(shown: boolean): void {
  detailsOpen.value = shown;
  if (isWide()) keep("localStorage", key, shown ? null : "closed");
}

/** The button that opened the details has the focus again, as soon as the panel that it is in is on screen. */
export function closeDetails(): void {
  showDetails(false);
  requestAnimationFrame(() => document.getElementById("details-toggle")?.focus());
}
