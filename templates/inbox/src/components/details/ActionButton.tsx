import type { ComponentChildren } from "preact";
import { useAction } from "./useAction";

interface Props {
  icon: ComponentChildren;
  label: string;
  hint?: string;
  act: () => Promise<void>;
}

/** Says below itself why it could not be done: on a narrow frame the thread's banner is out of sight. */
export function ActionButton({ icon, label, hint, act }: Props) {
  const { busy, problem, run } = useAction(act);
  return (
    <>
      {/* Not `disabled`, which would take the keyboard's focus away. */}
      <button type="button" class="button button-icon" title={hint} aria-disabled={busy} onClick={() => void run()}>
        {busy ? <span class="spinner" /> : icon}
        {label}
      </button>
      {problem && (
        <p class="details-problem" role="alert" dir="auto">
          {problem}
        </p>
      )}
    </>
  );
}
