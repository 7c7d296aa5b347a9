import { signal } from "@preact/signals";
import { close, open } from "./actions";
import { closeDetails, showDetails } from "./details";
import { keep, recall } from "./storage";
import { detailsOpen, listed, openId } from "./store";

const plainKey = "porthole.plainKeys";

/** Whether the list of the keys is on screen. */
export const helpOpen = signal(false);
/** Keys that are a character alone can be turned off, for whoever speaks what they type (WCAG 2.1.4). */
export const plainKeys = signal(recall("localStorage", plainKey) !== "off");

export function allowPlainKeys(used: boolean): void {
  plainKeys.value = used;
  keep("localStorage", plainKey, used ? null : "off");
}

export function onShortcut(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
  const action = actionOf(event);
  if (!action) return;
  event.preventDefault();
  action();
}

function actionOf(event: KeyboardEvent): (() => void) | undefined {
  const { key, altKey, shiftKey } = event;
  const command = event.ctrlKey || event.metaKey;
  if (command && !altKey) return { k: focusSearch, "/": toggleHelp }[key.toLowerCase()];
  // With these keys a choice among several is opened.
  if (altKey && event.target instanceof HTMLSelectElement) return;
  if (altKey && !command) {
    if (key === "ArrowDown") return () => step(1, shiftKey);
    if (key === "ArrowUp") return () => step(-1, shiftKey);
    return;
  }
  if (!plainKeys.value || writes(event.target)) return;
  return { "/": focusSearch, "?": toggleHelp, i: toggleDetails }[key];
}

const writes = (target: EventTarget | null) =>
  target instanceof Element && target.closest("input:not([type=radio]), textarea, select, [contenteditable]") !== null;

/** On a narrow frame the list is behind the thread. */
function focusSearch(): void {
  const field = document.querySelector<HTMLInputElement>(".list .search input");
  if (!field?.checkVisibility()) close();
  requestAnimationFrame(() => field?.select());
}

function toggleHelp(): void {
  helpOpen.value = !helpOpen.value;
}

function toggleDetails(): void {
  if (!openId.value) return;
  if (detailsOpen.value) closeDetails();
  else showDetails(true);
}

/** Opens the next conversation of the list in a direction, or the next that has something unread. */
function step(by: 1 | -1, unread: boolean): void {
  const rows = listed.value;
  const fits = (index: number) => !unread || (rows[index]?.unread_count ?? 0) > 0;
  let at = rows.findIndex((row) => row.id === openId.value);
  if (at < 0 && by < 0) return;
  do at += by;
  while (rows[at] && !fits(at));
  const row = rows[at];
  if (row) open(row.id);
}
