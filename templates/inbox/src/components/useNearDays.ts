import { useCallback, useRef } from "preact/hooks";

/** The day at the top of the view and those beside it are marked: only their names stick there. */
export function useNearDays(): (day: Element | null | undefined) => void {
  const marked = useRef<readonly Element[]>([]);
  return useCallback((day) => {
    const near = [day?.previousElementSibling, day, day?.nextElementSibling].filter((element) => element != null);
    for (const element of marked.current) element.toggleAttribute("data-near", near.includes(element));
    for (const element of near) element.toggleAttribute("data-near", true);
    marked.current = near;
  }, []);
}
