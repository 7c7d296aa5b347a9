import "../../styles/compose/canned.css";
import { createRef, type RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import { fillIn, findReplies, holeIn, valuesFor } from "../../compose/canned";
import { cannedReplies, refreshCannedReplies } from "../../compose/cannedReplies";
import { insert } from "../../compose/insert";
import type { Slash } from "../../compose/slash";
import { w } from "../../i18n/tools";
import { session } from "../../store";
import type { Contact, ReadyReply } from "../../types";
import { useSlash } from "./useSlash";

interface Props {
  /** What stands in the field. */
  text: string;
  contact: Contact;
  area: RefObject<HTMLTextAreaElement | null>;
  /** Takes the keys of the field while something is offered; answers whether one was meant for the list. */
  keys: { current: ((event: KeyboardEvent) => boolean) | null };
}

const listId = "canned-replies";
const optionId = (place: number) => `canned-reply-${place}`;

/** What the word behind a slash finds, above the field, which keeps the focus. */
export function CannedReplies({ contact, area, keys }: Props) {
  const { slash, leave } = useSlash(area);
  return slash && <Offered slash={slash} onClose={leave} contact={contact} area={area} keys={keys} />;
}

type OfferedProps = Omit<Props, "text"> & { slash: Slash; onClose: () => void };

function Offered({ slash, contact, area, keys, onClose }: OfferedProps) {
  const [at, setAt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: others have come
  const found = useMemo(() => findReplies(cannedReplies.value, slash.sought), [cannedReplies.value, slash.sought]);
  const values = valuesFor(contact, session.value?.user ?? null);
  const chosen = useMemo(() => createRef<HTMLDivElement>(), []);

  useEffect(() => void refreshCannedReplies(), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was first has changed
  useEffect(() => setAt(0), [found]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another one is chosen
  useEffect(() => chosen.current?.scrollIntoView({ block: "nearest" }), [at]);

  const choose = ({ text }: ReadyReply) => {
    const field = area.current;
    if (!field) return;
    const filled = fillIn(text, values);
    onClose();
    insert(field, filled, slash.start, slash.end);
    const hole = holeIn(filled);
    if (hole) field.setSelectionRange(slash.start + hole[0], slash.start + hole[1]);
  };
  const onKey = ({ key, shiftKey, altKey, ctrlKey, metaKey }: KeyboardEvent) => {
    const reply = found[at];
    if (!reply || shiftKey || altKey || ctrlKey || metaKey) return false;
    if (key === "ArrowDown") setAt((at + 1) % found.length);
    else if (key === "ArrowUp") setAt((at + found.length - 1) % found.length);
    else if (key === "Enter" || key === "Tab") choose(reply);
    else if (key === "Escape") onClose();
    else return false;
    return true;
  };
  useLayoutEffect(() => {
    keys.current = onKey;
    return () => {
      keys.current = null;
    };
  });
  useOwner(area, found.length > 0 ? optionId(at) : null);

  if (found.length === 0) return null;
  return (
    <div class="canned">
      <div id={listId} role="listbox" aria-label={w("canned.label")}>
        {found.map((reply, place) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field, which names the chosen one
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys go to the field
          <div
            key={reply.id}
            ref={place === at ? chosen : null}
            id={optionId(place)}
            role="option"
            aria-selected={place === at}
            // The focus stays in the field.
            onPointerDown={(event) => event.preventDefault()}
            onPointerMove={() => place !== at && setAt(place)}
            onClick={() => choose(reply)}
          >
            <bdi>/{reply.shortcut}</bdi>
            <span dir="auto">{fillIn(reply.text, values)}</span>
          </div>
        ))}
      </div>
      <span class="visually-hidden" role="status">
        {w("canned.found", { count: found.length })}
      </span>
    </div>
  );
}

/** The field tells assistive technology of the list, for as long as there is one (ARIA: combobox with a listbox). */
function useOwner(area: RefObject<HTMLTextAreaElement | null>, active: string | null): void {
  useLayoutEffect(() => {
    const field = area.current;
    if (!field || active === null) return;
    const attributes = {
      "aria-autocomplete": "list",
      "aria-haspopup": "listbox",
      "aria-controls": listId,
      "aria-activedescendant": active,
    };
    for (const [name, value] of Object.entries(attributes)) field.setAttribute(name, value);
    return () => {
      for (const name of Object.keys(attributes)) field.removeAttribute(name);
    };
  }, [area, active]);
}
