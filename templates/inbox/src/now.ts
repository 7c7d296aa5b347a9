import { signal } from "@preact/signals";

/** The time that relative times and reply windows are drawn against; it steps often enough for minutes. */
export const now = signal(new Date());
export const visible = signal(document.visibilityState === "visible");

export function keepTime(): void {
  const step = () => {
    visible.value = document.visibilityState === "visible";
    if (visible.value) now.value = new Date();
  };
  setInterval(step, 15_000);
  document.addEventListener("visibilitychange", step);
}
