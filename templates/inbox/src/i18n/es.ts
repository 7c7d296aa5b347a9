import { type Dictionary, en } from "./en";

export const es: Dictionary = { ...en };
