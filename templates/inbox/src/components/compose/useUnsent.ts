import { useEffect, useRef } from "preact/hooks";
import { dropUpload, type Upload } from "../../compose/uploads";

/** A file that a form has and does not send is dropped with it; null for one that is sent. */
export function useUnsent(upload: Upload | null): void {
  const kept = useRef<Upload | null>(null);
  kept.current = upload;
  useEffect(
    () => () => {
      if (kept.current) dropUpload(kept.current);
    },
    [],
  );
}
