import { type ComponentChildren, createContext, toChildArray } from "preact";
import { useRef, useState } from "preact/hooks";
import { locale, t } from "../i18n";

/** Within an album a film is a picture that leads to it. */
export const InAlbum = createContext(false);

const shown = 4;

interface Props {
  direction: "inbound" | "outbound";
  joined: boolean;
  /** One message each. */
  children: ComponentChildren;
}

/**
 * Several pictures in one grid. All of its messages are there for the keyboard, for quotes and for screen readers: what
 * comes after the fourth is seen once it has the focus, or when the fourth is asked for more.
 */
export function Album({ direction, joined, children }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [whole, setWhole] = useState(false);
  const count = toChildArray(children).length;
  const covered = whole || count <= shown ? 0 : count - shown + 1;
  const element = (place: number) => box.current?.children[place] as HTMLElement | undefined;
  const onFocusIn = ({ target }: FocusEvent) => {
    for (let place = shown; place < count; place += 1) if (element(place)?.contains(target as Node)) setWhole(true);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: no form fields are in it
    <div
      ref={box}
      class={`album ${direction} ${joined ? "joined" : ""}`}
      role="group"
      aria-label={t("media.album", { count })}
      data-covered={covered > 0 ? "" : undefined}
      onFocusIn={onFocusIn}
    >
      <InAlbum.Provider value={true}>{children}</InAlbum.Provider>
      {covered > 0 && (
        <button
          type="button"
          class="album-more"
          aria-label={t("media.more", { count: covered })}
          onClick={() => element(shown)?.focus()}
        >
          +{covered.toLocaleString(locale)}
        </button>
      )}
    </div>
  );
}
