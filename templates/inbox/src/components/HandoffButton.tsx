import { useState } from "preact/hooks";
import { handOff } from "../actions";
import { t } from "../i18n";
import { announcement } from "../store";
import type { Conversation } from "../types";
import { HandIcon } from "./icons";

/** Stops the automation; with the answer, or with a colleague's push, the field for replies takes this one's place. */
export function HandoffButton({
  conversation: { id, contact },
  reason,
}: {
  conversation: Conversation;
  reason: string;
}) {
  const [phase, setPhase] = useState<"ready" | "busy" | "failed">("ready");
  const press = async () => {
    if (phase === "busy") return;
    setPhase("busy");
    try {
      await handOff(id);
      announcement.value = t("announce.handoff", { name: contact.name });
    } catch {
      setPhase("failed");
    }
  };
  return (
    <>
      <button
        type="button"
        class="button handoff"
        aria-describedby={reason}
        // Not `disabled`, which would take the keyboard's focus away.
        aria-disabled={phase === "busy"}
        onClick={press}
      >
        <HandIcon />
        {t("handoff.action")}
      </button>
      {phase === "failed" && <p role="alert">{t("handoff.failed")}</p>}
    </>
  );
}
