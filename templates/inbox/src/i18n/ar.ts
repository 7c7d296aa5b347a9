import { type Dictionary, en } from "./en";

export const ar: Dictionary = { ...en };
