import { signal } from "@preact/signals";

/** What takes a dialog, or the place of the field. */
export type Tool = "contact" | "interactive" | "location" | "reaction" | "template" | "voice";

/**
 * The tool that is open, in the open conversation; `about` is the wamid of the message that it is for. Opened again it is
 * another one, by its `key`: what was sent with the one before may still wait for its answer.
 */
export const tool = signal<{ name: Tool; about: string | null; key: number } | null>(null);
let opened = 0;

export function openTool(name: Tool, about: string | null = null): void {
  opened += 1;
  tool.value = { name, about, key: opened };
}

export function closeTool(): void {
  tool.value = null;
}
