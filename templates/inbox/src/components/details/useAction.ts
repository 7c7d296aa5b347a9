import { useState } from "preact/hooks";
import { failureText } from "../../failure";

interface Action {
  busy: boolean;
  /** Why it could not be done, in words. */
  problem: string | null;
  run: () => Promise<void>;
}

/** Something that a button does at the server: once at a time. */
export function useAction(act: () => Promise<void>): Action {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const run = async () => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      await act();
    } catch (error) {
      setProblem(failureText(error));
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, run };
}
