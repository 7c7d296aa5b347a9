/** Where the reader was in a thread that is not open: the element at the top of the view, and how far below that it was. */
export interface Place {
  element: string;
  top: number;
}

/** By conversation; nobody who was at the end has one. */
export const places = new Map<string, Place>();
