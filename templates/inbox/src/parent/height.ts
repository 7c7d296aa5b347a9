import { effect } from "@preact/signals";
import type { FromInbox } from "../host/declarations";
import { detailsOpen, inbox, listed, openId } from "../store";

/** Pixels. A frame as high as this shows a whole page of the list; a higher one would load page after page. */
const highest = 2_000;

/** The height in which nothing that is shown needs to scroll, whenever it changes. */
export function tellHeight(post: (message: FromInbox) => void): () => void {
  let told = 0;
  let waiting = 0;
  const measure = () => {
    waiting = 0;
    const heights = [...document.querySelectorAll(".rows, .log, .details-body")].map(heightWith);
    const height = Math.min(highest, Math.ceil(Math.max(0, ...heights)));
    if (height === 0 || height === told) return;
    told = height;
    post({ porthole: 1, type: "resize", height });
  };
  // After the page has been drawn, and once for all that changes together.
  const soon = () => {
    waiting ||= requestAnimationFrame(() => requestAnimationFrame(measure));
  };
  const stop = effect(() => {
    void [inbox.value, listed.value, openId.value, detailsOpen.value];
    soon();
  });
  window.addEventListener("resize", soon);
  document.addEventListener("load", soon, true); // of pictures, which do not bubble it
  return () => {
    stop();
    cancelAnimationFrame(waiting);
    window.removeEventListener("resize", soon);
    document.removeEventListener("load", soon, true);
  };
}

/** Of the whole page, were what scrolls in this part of it as high as all that it holds; 0 if it is not to be seen. */
function heightWith(scroller: Element): number {
  if (scroller.getClientRects().length === 0) return 0;
  // Not by a range, which would have all of a long thread laid out that is out of view.
  const held = [...scroller.children].map((child) => child.getBoundingClientRect()).filter(({ height }) => height > 0);
  const [first, last] = [held[0], held.at(-1)];
  const height = first && last ? last.bottom - first.top : 0;
  const { paddingTop, paddingBottom } = getComputedStyle(scroller);
  const padding = Number.parseFloat(paddingTop) + Number.parseFloat(paddingBottom);
  return window.innerHeight - scroller.clientHeight + padding + height;
}
