import { drawn } from "../icons";

export const MinusIcon = drawn("M4.5 10h11");
export const SaveIcon = drawn("M10 3.5v9", "M6 8.8 10 12.8 14 8.8", "M4 16.5h12");
