// The operator's dashboard. Its pages work without any of this: here is what makes them quicker to use.
import "./dashboard.css";
import htmx from "htmx.org";
import { readyCopyButtons } from "./copyButtons";
import { readyLivePage } from "./livePage";
import { readyPreview } from "./preview";
import { readyThemeSwitch } from "./themeSwitch";
import { showLocalTimes } from "./times";

// The pages' policy forbids styles and scripts that are written into them.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.selfRequestsOnly = true;
// A page that comes back from the browser's history is fetched again: it may have shown what is shown once.
htmx.config.historyCacheSize = 0;

/** Without a script these do what HTMX does. A button that is only hidden could still be a form's default one. */
function hideWhatScriptsReplace(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-without-script]")) {
    button.hidden = true;
    button.disabled = true;
  }
}

/** Enter in a picker's search would send the form around it, though what is meant is the search, which has begun. */
function keepFormsWhileSearching(): void {
  addEventListener("keydown", (event) => {
    const isSearch = event.target instanceof Element && event.target.closest(".picker-search") !== null;
    if (isSearch && event.key === "Enter") event.preventDefault();
  });
}

/** On a phone the menu starts closed; where there is room it is always open. */
function readyMenu(): void {
  const side = document.querySelector<HTMLDetailsElement>("[data-side]");
  if (side === null) return;
  const wide = matchMedia("(min-width: 900px)");
  const follow = () => {
    side.open = wide.matches;
  };
  wide.addEventListener("change", follow);
  follow();
}

/** A menu of the header closes with Escape, and with a click elsewhere. */
function readyMenus(): void {
  const openMenus = () => document.querySelectorAll<HTMLDetailsElement>("details.menu[open]");
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of openMenus()) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
  addEventListener("click", (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target as Node)) menu.open = false;
  });
}

/** A form is sent once, however often its button is pressed. */
function sendOnce(): void {
  addEventListener("submit", (event) => {
    if (!(event.target instanceof HTMLFormElement) || event.target.method !== "post") return;
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) delete form.dataset.sent;
  });
}

function say(words: string): void {
  const said = document.getElementById("said");
  if (said !== null) said.textContent = words;
}

/** What was swapped in says what it holds; if the focus was in what it replaced, it goes there. */
document.addEventListener("htmx:afterSwap", () => {
  showLocalTimes(document);
  hideWhatScriptsReplace();
  const list = document.querySelector<HTMLElement>("[data-said]");
  if (list?.dataset.said) say(list.dataset.said);
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const target = event.target;
  if (target instanceof HTMLElement && target.tabIndex === -1 && target.contains(document.activeElement))
    target.focus();
});
for (const trouble of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(trouble, () => say("That did not work; try again."));
}

hideWhatScriptsReplace();
keepFormsWhileSearching();
readyMenu();
readyMenus();
sendOnce();
showLocalTimes(document);
readyCopyButtons(say);
readyPreview();
readyLivePage();
readyThemeSwitch();
document.querySelector<HTMLElement>("[data-focus]")?.focus();
