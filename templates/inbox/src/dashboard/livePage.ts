import htmx from "htmx.org";
import { showLocalTimes } from "./times";

const TROUBLES = ["htmx:sendError", "htmx:responseError", "htmx:timeout"];
const YEAR = 365 * 24 * 3600;

/** The server asks the cookie which hours and days it should speak of. Returns whether it did not know. */
function tellZone(live: HTMLElement): boolean {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser yet
  document.cookie = `porthole_zone=${zone}; Path=/dashboard; Max-Age=${YEAR}; SameSite=Lax${secure}`;
  return zone !== live.dataset.zone;
}

/** A page that has `data-live` asks for its parts every so many seconds, as long as somebody can see it. Only what has
 * changed is replaced, so that what is selected or pointed at stays.
 */
export function readyLivePage(): void {
  const live = document.querySelector<HTMLElement>("[data-live]");
  if (live === null) return;
  const look = () => {
    if (document.visibilityState === "visible") htmx.trigger(live, "refresh", {});
  };
  setInterval(look, Number(live.dataset.live) * 1000);
  document.addEventListener("visibilitychange", look);

  const shown = new Map<string, string>();
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { detail } = event as CustomEvent<{ target: Element; fragment: Element; shouldSwap: boolean }>;
    const html = detail.fragment.innerHTML;
    detail.shouldSwap = shown.get(detail.target.id) !== html;
    shown.set(detail.target.id, html);
  });
  document.addEventListener("htmx:oobAfterSwap", () => showLocalTimes(document));
  for (const trouble of TROUBLES) {
    live.addEventListener(trouble, (event) => {
      event.stopPropagation(); // nobody asked for it, and it is tried again
      const updated = document.getElementById("updated");
      if (updated !== null) updated.dataset.stale = "yes";
    });
  }
  live.addEventListener("htmx:afterRequest", (event) => {
    if ((event as CustomEvent<{ successful: boolean }>).detail.successful)
      delete document.getElementById("updated")?.dataset.stale;
  });
  // HTMX looks at the page once it is read, which is after its scripts.
  if (tellZone(live)) addEventListener("load", look, { once: true });
}
