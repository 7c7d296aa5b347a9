import { useRef, useState } from "preact/hooks";
import { ApiError } from "../../api";
import { makeClientId } from "../../clientId";
import { failureText } from "../../failure";
import type { Body } from "../../reply";
import { submit } from "../../sending";

type Errors = Readonly<Record<string, string[]>>;

export interface Submission {
  busy: boolean;
  failure: string | null;
  /** What the server says of fields, by their path. */
  errors: Errors;
  /** Answers whether the server has taken it. */
  run: (body: Body) => Promise<boolean>;
  /** Forgets what the server said: the reader has changed something. */
  clear: () => void;
}

/** Sends what a form holds. The same again, after an answer that was lost, is the same message. */
export function useSubmit(conversationId: string): Submission {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const [errors, setErrors] = useState<Errors>({});
  const tried = useRef({ words: "", clientId: "" });
  const clear = () => {
    setErrors({});
    setFailure(null);
  };
  const run = async (body: Body) => {
    const words = JSON.stringify(body);
    if (tried.current.words !== words) tried.current = { words, clientId: makeClientId() };
    clear();
    setBusy(true);
    try {
      await submit(conversationId, tried.current.clientId, body);
      return true;
    } catch (error) {
      if (error instanceof ApiError) setErrors(error.errors);
      setFailure(failureText(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, failure, errors, run, clear };
}
