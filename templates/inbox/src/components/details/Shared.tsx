import { useRef, useState } from "preact/hooks";
import { theApi } from "../../actions";
import { type SharedKind, sharedIn, sharedKinds } from "../../details/shared";
import { d } from "../../i18n/details";
import { dispatch, openThread } from "../../store";
import type { Conversation, Message } from "../../types";
import { More } from "./More";
import { Bones, Section } from "./Section";
import { SharedDocument } from "./SharedDocument";
import { SharedLinks } from "./SharedLinks";
import { SharedPicture } from "./SharedPicture";
import { usePages } from "./usePages";

const items = { media: SharedPicture, documents: SharedDocument, links: SharedLinks };
const tabId = (kind: SharedKind) => `shared-${kind}`;

/** What was sent to and fro, by its kind. */
export function Shared({ conversation }: { conversation: Conversation }) {
  const [kind, setKind] = useState<SharedKind>("media");
  const tabs = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const onward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    const back = document.documentElement.dir === "rtl" ? "ArrowRight" : "ArrowLeft";
    const step = event.key === onward ? 1 : event.key === back ? -1 : 0;
    const next = sharedKinds.at((sharedKinds.indexOf(kind) + step) % sharedKinds.length);
    if (step === 0 || !next) return;
    event.preventDefault();
    setKind(next);
    tabs.current?.querySelector<HTMLElement>(`#${tabId(next)}`)?.focus();
  };
  return (
    <Section title={d("shared")}>
      <div class="tabs" role="tablist" aria-label={d("shared")} ref={tabs} onKeyDown={onKeyDown}>
        {sharedKinds.map((one) => (
          <button
            key={one}
            type="button"
            role="tab"
            id={tabId(one)}
            class="tab"
            aria-selected={one === kind}
            aria-controls="shared-panel"
            tabIndex={one === kind ? 0 : -1}
            onClick={() => setKind(one)}
          >
            {d(`shared.${one}`)}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="shared-panel" aria-labelledby={tabId(kind)}>
        <SharedList key={kind} conversation={conversation} kind={kind} />
      </div>
    </Section>
  );
}

/** The messages are the thread's own: what comes in, and what is deleted, is seen here as it is there. */
function SharedList({ conversation: { id, contact }, kind }: { conversation: Conversation; kind: SharedKind }) {
  const thread = openThread.value;
  // The thread is gone for a moment when everything is loaded anew.
  const pages = usePages<Message>(thread ? `${id} ${kind} ${contact.merged_at}` : null, async (after) => {
    const page = await theApi().shared(id, kind, after);
    dispatch({ type: "thread.found", id, messages: page.data });
    return page;
  });
  const { next, phase, rows } = pages;
  const told = phase === "ready" || rows.length > 0;
  const messages = thread && told ? sharedIn(thread, kind, { oldest: rows.at(-1) ?? null, next }) : [];
  const Item = items[kind];
  return (
    <>
      {phase === "loading" && rows.length === 0 && <Bones lines={3} />}
      {phase === "ready" && messages.length === 0 && <p class="details-note">{d(`shared.${kind}.none`)}</p>}
      {messages.length > 0 && (
        <ul class={`shared shared-${kind}`}>
          {messages.map((message) => (
            <li key={message.id}>
              <Item message={message} />
            </li>
          ))}
        </ul>
      )}
      <More {...pages} />
    </>
  );
}
