import { type Dictionary, en } from "./en";

export const fr: Dictionary = { ...en };
