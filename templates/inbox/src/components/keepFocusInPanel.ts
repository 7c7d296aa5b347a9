import { composerId, fieldId, hasTouchKeyboard } from "./focus";

/** Where the focus goes in each panel if what had it is no more. */
const places: Readonly<Record<string, string[]>> = {
  dialog: ["[autofocus]", "button"],
  ".details": ["[tabindex='-1']", "button"],
  ".thread": [`#${fieldId}`, `#${composerId}`, ".log"],
  ".list": [".rows [tabindex='0']", ".search input"],
};
const panels = Object.keys(places);

/**
 * Whoever presses a button that does away with itself (Retry, Show more, Close) goes on in the same panel, and not at
 * the beginning of the page. What knows a better place has put the focus there by then.
 */
export function keepFocusInPanel(): () => void {
  let last: Element | null = null;
  let panel: Element | null = null;
  const onFocusIn = ({ target }: FocusEvent) => {
    last = target as Element;
    panel = last.closest(panels.join());
  };
  const observer = new MutationObserver(() => {
    if (last === null || last.isConnected || document.activeElement !== document.body) return;
    last = null;
    const left = panel;
    // Others wait for the next paint.
    requestAnimationFrame(() => requestAnimationFrame(() => left && focusWithin(left)));
  });
  document.addEventListener("focusin", onFocusIn);
  observer.observe(document.body, { childList: true, subtree: true });
  return () => {
    document.removeEventListener("focusin", onFocusIn);
    observer.disconnect();
  };
}

function focusWithin(panel: Element): void {
  if (document.activeElement !== document.body || !panel.isConnected) return;
  const selectors = places[panels.find((name) => panel.matches(name)) ?? ""] ?? [];
  for (const selector of selectors) {
    const element = panel.querySelector<HTMLElement>(selector);
    if (!element?.checkVisibility() || (element instanceof HTMLTextAreaElement && hasTouchKeyboard())) continue;
    element.focus({ preventScroll: true });
    return;
  }
}
