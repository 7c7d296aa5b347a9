import "../../styles/compose/dialog.css";
import "../../styles/compose/fields.css";
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../../i18n";
import { CloseIcon } from "../icons";

interface Props {
  title: string;
  onClose: () => void;
  /** What stands before the title: a way back. */
  before?: ComponentChildren;
  /** No larger than a picker, on a small frame too. */
  small?: boolean;
  /** What was filled in is on its way, and may come back. */
  hidden?: boolean;
  children: ComponentChildren;
}

/** A dialog over the whole frame; what had the focus before has it again when it closes. */
export function ToolDialog({ title, onClose, before, small, hidden = false, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useLayoutEffect(() => {
    const element = dialog.current;
    if (hidden) return;
    element?.showModal();
    return () => element?.close();
  }, [hidden]);
  const onKeyDown = (event: KeyboardEvent) => {
    // The panels below would take it for theirs.
    event.stopPropagation();
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    onClose();
  };
  return (
    <dialog
      ref={dialog}
      class={small ? "dialog dialog-small" : "dialog"}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={onKeyDown}
      onClick={(event) => event.target === event.currentTarget && onClose()}
    >
      <div class="dialog-box">
        <header class="dialog-head">
          {before}
          <h2 id={heading} dir="auto">
            {title}
          </h2>
          <button type="button" class="icon-button" aria-label={t("action.close")} onClick={onClose}>
            <CloseIcon />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
