import { isolated } from "../i18n";
import { type DetailKey, d } from "../i18n/details";
import type { ConversationMode, WorkflowMove, WorkflowState } from "../types";

type Status = WorkflowState["status"];

const modes: Readonly<Record<Status, ConversationMode | null>> = {
  running: "running",
  waiting: "running",
  handoff: "handoff",
  failed: "failed",
  ended: null,
};

/** Whether what is known of a workflow is of now: the conversation's mode is pushed, and the rest is asked for. */
export const isCurrent = ({ status }: WorkflowState, mode: ConversationMode | null) => modes[status] === mode;

/** Where a workflow stands: what was asked for where it is of now, else what the mode says. */
export function statusOf(workflow: WorkflowState | null, mode: ConversationMode | null): Status {
  return workflow && isCurrent(workflow, mode) ? workflow.status : (mode ?? "ended");
}

/** One line of what happened, with the person who pressed the button where somebody did. */
export function moveText({ type, by }: WorkflowMove): string {
  const key: DetailKey | null = type === "execution_handoff" ? "move.handoffBy" : "move.backBy";
  if (by && (type === "execution_handoff" || type === "execution_waiting")) return d(key, { name: isolated(by.name) });
  return d(`move.${type}`);
}
