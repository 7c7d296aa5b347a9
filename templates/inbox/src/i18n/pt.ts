import { type Dictionary, en } from "./en";

export const pt: Dictionary = { ...en };
