import { handBack } from "../../actions";
import { isCurrent, moveText, statusOf } from "../../details/workflow";
import { fullTime } from "../../format";
import { t } from "../../i18n";
import { d } from "../../i18n/details";
import type { Conversation, ConversationDetails } from "../../types";
import { HandoffButton } from "../HandoffButton";
import { BotIcon } from "../icons";
import { ActionButton } from "./ActionButton";
import { Fact, Section } from "./Section";

const stateId = "details-workflow-state";

interface Props {
  conversation: Conversation;
  details: ConversationDetails | null;
}

/** What the automation does, and who answers instead of it. The buttons need no more than the row. */
export function Workflow({ conversation, details }: Props) {
  const { mode, handed_off_by } = conversation;
  const workflow = details?.workflow ?? null;
  if (mode === null && workflow === null) return null;
  const current = workflow && isCurrent(workflow, mode) ? workflow : null;
  return (
    <Section title={d("workflow")}>
      <dl>
        {workflow && (
          <Fact name={d("workflow.name")}>
            <bdi>{workflow.name}</bdi>
          </Fact>
        )}
        <Fact name={d("workflow.state")}>
          <span id={stateId} class={mode ? `badge badge-${mode}` : "badge"}>
            {d(`state.${statusOf(workflow, mode)}`)}
          </span>
        </Fact>
        {current && (
          <Fact name={d("workflow.since")}>
            <time dateTime={current.since}>{fullTime(current.since)}</time>
          </Fact>
        )}
        {mode === "handoff" && handed_off_by && (
          <Fact name={d("workflow.by")}>
            <bdi>{handed_off_by.name}</bdi>
          </Fact>
        )}
        {current?.status === "failed" && (
          <Fact name={d("workflow.reason")}>
            <span dir="auto">{current.reason ?? d("workflow.noReason")}</span>
          </Fact>
        )}
      </dl>
      <div class="details-actions">
        {mode === "running" && <HandoffButton conversation={conversation} reason={stateId} />}
        {mode === "handoff" && (
          <ActionButton
            icon={<BotIcon />}
            label={t("handBack.action")}
            hint={t("handBack.hint")}
            act={() => handBack(conversation)}
          />
        )}
      </div>
      {workflow && workflow.moves.length > 1 && (
        <details class="moves">
          <summary>{d("workflow.moves")}</summary>
          <ol>
            {workflow.moves.map((move) => (
              <li key={`${move.type} ${move.at}`}>
                {moveText(move)}
                <time dateTime={move.at}>{fullTime(move.at)}</time>
              </li>
            ))}
          </ol>
        </details>
      )}
    </Section>
  );
}
