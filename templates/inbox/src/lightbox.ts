import { signal } from "@preact/signals";

/** The message whose picture or film fills the frame, by its id; null while none does. */
export const enlarged = signal<string | null>(null);
