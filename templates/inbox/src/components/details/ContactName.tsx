import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { nameOf } from "../../details/name";
import { rename, renamed, undoRename } from "../../details/rename";
import { isolated, t } from "../../i18n";
import { d } from "../../i18n/details";
import { announcement } from "../../store";
import type { Conversation } from "../../types";
import { PencilIcon } from "./icons";
import { useAction } from "./useAction";

/** The name, which can be changed in its place. */
export function ContactName({ conversation }: { conversation: Conversation }) {
  const [editing, setEditing] = useState(false);
  const pencil = useRef<HTMLButtonElement>(null);
  const back = useRef(false);
  useLayoutEffect(() => {
    if (!editing && back.current) pencil.current?.focus();
    back.current = editing;
  }, [editing]);
  if (editing)
    return (
      <>
        {/* The headings below go on from it. */}
        <h3 class="visually-hidden">
          <bdi>{conversation.contact.name}</bdi>
        </h3>
        <NameForm conversation={conversation} onClose={() => setEditing(false)} />
      </>
    );
  return (
    <>
      <h3>
        <bdi>{conversation.contact.name}</bdi>
        <button
          type="button"
          ref={pencil}
          class="icon-button icon-button-small"
          aria-label={d("name.edit")}
          title={d("name.edit")}
          onClick={() => setEditing(true)}
        >
          <PencilIcon />
        </button>
      </h3>
      <Undo conversation={conversation} onDone={() => pencil.current?.focus()} />
    </>
  );
}

/** What is being typed is the reader's own: no push changes it. Who saves last names the person. */
function NameForm({ conversation, onClose }: { conversation: Conversation; onClose: () => void }) {
  const { contact } = conversation;
  const field = useRef<HTMLInputElement>(null);
  const [first] = useState(contact.name);
  const [text, setText] = useState(first);
  const { busy, problem, run } = useAction(async () => {
    const name = text.trim();
    if (name !== first) {
      await rename(conversation, name || null);
      announcement.value = d("name.changed");
    }
    onClose();
  });
  useLayoutEffect(() => field.current?.select(), []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.isComposing) return;
    // The panel would close.
    event.preventDefault();
    onClose();
  };
  return (
    <form
      class="name-form"
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
      onKeyDown={onKeyDown}
    >
      <input
        ref={field}
        class="name-field"
        dir="auto"
        aria-label={d("name.label")}
        aria-describedby="name-hint"
        aria-invalid={problem !== null}
        autoComplete="off"
        enterKeyHint="done"
        maxLength={200}
        readOnly={busy}
        placeholder={nameOf(contact, null)}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <p id="name-hint" class={problem ? "details-problem" : "details-note"} role={problem ? "alert" : undefined}>
        {problem ?? d("name.hint", { name: isolated(nameOf(contact, null)) })}
      </p>
      <div class="details-actions">
        <button type="submit" class="button button-main button-icon" aria-disabled={busy}>
          {busy && <span class="spinner" />}
          {d("name.save")}
        </button>
        <button type="button" class="button" onClick={onClose}>
          {d("name.cancel")}
        </button>
      </div>
    </form>
  );
}

function Undo({ conversation, onDone }: { conversation: Conversation; onDone: () => void }) {
  const done = renamed.value;
  const { id, display_name } = conversation.contact;
  const { busy, problem, run } = useAction(async () => {
    if (!done) return;
    await undoRename(conversation, done);
    announcement.value = d("name.undone");
    onDone();
  });
  // Another name than that, which somebody else has given since, is not for us to take back.
  if (!busy && (done?.contactId !== id || done.after !== display_name)) return null;
  return (
    <p class="details-note">
      {problem ?? d("name.changed")}{" "}
      <button type="button" class="link-button" aria-disabled={busy} onClick={() => void run()}>
        {t("action.undo")}
      </button>
    </p>
  );
}
