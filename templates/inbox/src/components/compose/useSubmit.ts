import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../../api";
import { quote, quoteIn } from "../../compose/drafts";
import { failureText } from "../../failure";
import type { Body } from "../../reply";
import { discardOutgoing, send } from "../../sending";
import type { Media, TemplatePart } from "../../types";
import { focusField } from "../focus";

type Errors = Readonly<Record<string, string[]>>;

interface Shown {
  media?: Media | null;
  words?: string;
  template_parts?: TemplatePart[];
}

export interface Submission {
  /** The message is in the thread, and the form out of sight. */
  sent: boolean;
  failure: string | null;
  /** What the server says of fields, by their path. */
  errors: Errors;
  /** Sends what the form holds; `shown` is what the thread shows of it besides. */
  run: (body: Body, shown?: Shown) => Promise<void>;
  /** Forgets what the server said: the reader has changed something. */
  clear: () => void;
}

/**
 * What a form holds is in the thread at once. The form is done then, unless the server finds a field wrong: it comes back
 * with what was in it. Every other failure is told by the message in the thread.
 */
export function useSubmit(conversationId: string, onDone: () => void): Submission {
  const [sent, setSent] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const [errors, setErrors] = useState<Errors>({});
  const left = useRef(false);
  useEffect(
    () => () => {
      left.current = true;
    },
    [],
  );
  const clear = () => {
    setErrors({});
    setFailure(null);
  };
  const run = async (body: Body, shown: Shown = {}) => {
    clear();
    setSent(true);
    focusField();
    // WhatsApp shows no quote in a template.
    const context = body.type === "template" ? null : quoteIn(conversationId);
    if (context) quote(conversationId, null);
    const failed = await send(conversationId, body, { ...shown, context });
    if (left.current) return;
    const error = failed?.error;
    if (!failed || !(error instanceof ApiError) || Object.keys(error.errors).length === 0) return onDone();
    discardOutgoing(failed.client_id);
    if (context) quote(conversationId, context);
    setErrors(error.errors);
    setFailure(failureText(error));
    setSent(false);
  };
  return { sent, failure, errors, run, clear };
}
