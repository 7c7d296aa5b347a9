import { useEffect, useState } from "preact/hooks";
import { theApi } from "../../actions";
import { failureText } from "../../failure";
import { t } from "../../i18n";
import { w } from "../../i18n/tools";
import type { MessageTemplate } from "../../meta";
import type { Conversation } from "../../types";
import { BackIcon } from "../icons";
import { TemplateForm } from "./TemplateForm";
import { TemplateList } from "./TemplateList";
import { ToolDialog } from "./ToolDialog";
import { useSubmit } from "./useSubmit";

interface Props {
  conversation: Conversation;
  onClose: () => void;
}

/** Choose a template, fill it in, send it. */
export function TemplateDialog({ conversation: { id }, onClose }: Props) {
  const [templates, setTemplates] = useState<MessageTemplate[] | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [chosen, setChosen] = useState<MessageTemplate | null>(null);
  const submission = useSubmit(id, onClose);
  const load = () => {
    setFailure(null);
    theApi()
      .templates(id)
      .then(
        ({ data }) => setTemplates(data),
        (error) => setFailure(failureText(error)),
      );
  };
  useEffect(load, [id]);
  const back = (
    <button type="button" class="icon-button back" aria-label={w("template.back")} onClick={() => setChosen(null)}>
      <BackIcon />
    </button>
  );
  return (
    <ToolDialog
      title={chosen?.name ?? t("template.send")}
      onClose={onClose}
      before={chosen && back}
      hidden={submission.sent}
    >
      {chosen ? (
        <TemplateForm conversationId={id} template={chosen} submission={submission} />
      ) : templates ? (
        <TemplateList templates={templates} onChoose={setChosen} />
      ) : failure ? (
        <div class="dialog-note" role="alert">
          <p dir="auto">{failure}</p>
          <button type="button" class="button" onClick={load}>
            {t("action.retry")}
          </button>
        </div>
      ) : (
        <div class="dialog-note">
          <span class="spinner" role="status" aria-label={w("template.loading")} />
        </div>
      )}
    </ToolDialog>
  );
}
