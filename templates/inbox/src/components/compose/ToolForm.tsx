import type { ComponentChildren } from "preact";
import { w } from "../../i18n/tools";
import { SendIcon } from "../icons";
import type { Submission } from "./useSubmit";

interface Props {
  submission: Submission;
  /** Nothing is sent before this says so: it shows what is wrong. */
  onSubmit: () => void;
  preview: ComponentChildren;
  children: ComponentChildren;
}

/** The fields of a message, how it will look, and its send. */
export function ToolForm({ submission: { failure }, onSubmit, preview, children }: Props) {
  return (
    <form
      class="tool-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <div class="tool-fields">{children}</div>
      <section class="preview" aria-label={w("preview.label")}>
        <div class="message outbound">
          <div class="bubble">{preview}</div>
        </div>
      </section>
      <footer class="dialog-foot">
        {failure && (
          <p class="failure" role="alert" dir="auto">
            {failure}
          </p>
        )}
        <button type="submit" class="button button-main button-icon">
          <SendIcon />
          {w("tool.send")}
        </button>
      </footer>
    </form>
  );
}
