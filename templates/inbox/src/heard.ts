let heard: HTMLMediaElement | null = null;

/** One sound or film at a time is heard: what begins to play stops the one before. */
export function hear(element: HTMLMediaElement): void {
  if (heard !== element) heard?.pause();
  heard = element;
}
