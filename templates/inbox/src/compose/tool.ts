import { signal } from "@preact/signals";

/** What takes a dialog, or the place of the field. */
export type Tool = "contact" | "interactive" | "location" | "template" | "voice";

/** The tool that is open, in the open conversation. */
export const tool = signal<Tool | null>(null);
