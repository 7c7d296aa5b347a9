import { type Dictionary, en } from "./en";

export const de: Dictionary = { ...en };
