import { useState } from "preact/hooks";
import {
  bodyLimit,
  emptyDraft,
  type HeaderKind,
  headerKinds,
  type InteractiveDraft,
  type InteractiveKind,
  interactiveBody,
  isMediaHeader,
  limits,
  problemsOf,
  withDots,
} from "../../compose/interactive";
import { mediaOf, type Upload } from "../../compose/uploads";
import { w } from "../../i18n/tools";
import type { Conversation } from "../../types";
import { ButtonFields, LinkFields, ListFields } from "./InteractiveFields";
import { Preview } from "./Preview";
import { Segments } from "./Segments";
import { TextField } from "./TextField";
import { ToolDialog } from "./ToolDialog";
import { ToolForm } from "./ToolForm";
import { UploadField } from "./UploadField";
import { useSubmit } from "./useSubmit";
import { useUnsent } from "./useUnsent";

interface Props {
  conversation: Conversation;
  onClose: () => void;
}

const kinds: InteractiveKind[] = ["button", "list", "cta_url", "location_request_message"];

/** A question with buttons, a list, a link, or one for a location. */
export function InteractiveDialog({ conversation: { id }, onClose }: Props) {
  const [draft, setDraft] = useState(emptyDraft);
  const [upload, setUpload] = useState<Upload | null>(null);
  const [checked, setChecked] = useState(false);
  const submission = useSubmit(id, onClose);
  const up = upload?.state.value.phase === "ready" ? upload : null;
  const whole: InteractiveDraft = { ...draft, upload: up };
  const { kind } = draft;
  const offered = headerKinds(kind);
  const headerKind = offered.includes(draft.headerKind) ? draft.headerKind : "none";
  const problems = problemsOf(whole);
  const body = interactiveBody(whole);

  const change = (values: Partial<InteractiveDraft>) => {
    setDraft({ ...draft, ...values });
    submission.clear();
  };
  const errorOf = (path: string) => {
    const problem = checked ? problems.get(`interactive.${path}`) : undefined;
    return problem ? w(`problem.${problem}`) : submission.errors[`interactive.${path}`]?.[0];
  };
  // A file that the kind has no place for is not in the message.
  const headed = isMediaHeader(headerKind) ? up : null;
  useUnsent(submission.sent && headed ? null : upload);
  const send = () => {
    setChecked(true);
    if (problems.size > 0) return;
    void submission.run({ type: "interactive", interactive: body }, { media: headed && mediaOf(headed) });
  };
  const parts = { draft, change, errorOf };
  return (
    <ToolDialog title={w("interactive.title")} onClose={onClose} hidden={submission.sent}>
      <ToolForm
        submission={submission}
        onSubmit={send}
        preview={
          <Preview content={{ type: "interactive", interactive: interactiveBody(withDots(whole)) }} upload={up} />
        }
      >
        <Segments
          label={w("interactive.kind")}
          value={kind}
          choices={kinds.map((one) => [one, w(`interactive.${one}`)] as const)}
          onChoose={(kind) => change({ kind })}
        />
        {offered.length > 1 && (
          <Segments<HeaderKind>
            label={w("interactive.header")}
            value={headerKind}
            choices={offered.map((one) => [one, w(`header.${one}`)] as const)}
            onChoose={(headerKind) => change({ headerKind })}
          />
        )}
        {headerKind === "text" && (
          <TextField
            label={w("interactive.headerText")}
            value={draft.header}
            limit={limits.header}
            error={errorOf("header.text")}
            onInput={(header) => change({ header })}
          />
        )}
        {headerKind !== "none" && headerKind !== "text" && (
          <UploadField
            conversationId={id}
            label={w(`header.${headerKind}`)}
            kind={headerKind}
            upload={upload}
            onChange={setUpload}
            error={errorOf(`header.${headerKind}`)}
          />
        )}
        <TextField
          label={w("interactive.body")}
          value={draft.body}
          limit={bodyLimit(kind)}
          error={errorOf("body.text")}
          multiline
          onInput={(body) => change({ body })}
        />
        {kind !== "location_request_message" && (
          <TextField
            label={w("interactive.footer")}
            value={draft.footer}
            limit={limits.footer}
            error={errorOf("footer.text")}
            onInput={(footer) => change({ footer })}
          />
        )}
        {kind === "button" && <ButtonFields {...parts} />}
        {kind === "list" && <ListFields {...parts} />}
        {kind === "cta_url" && <LinkFields {...parts} />}
      </ToolForm>
    </ToolDialog>
  );
}
