import "../../styles/lightbox.css";
import { computed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { fullTime } from "../../format";
import { t } from "../../i18n";
import { v } from "../../i18n/viewer";
import { enlarged } from "../../lightbox";
import { isStale, renew, shapeOf } from "../../mediaFile";
import { openConversation, openThread } from "../../store";
import { senderOf } from "../Author";
import { BackIcon, CloseIcon, PlusIcon } from "../icons";
import { MediaLink } from "../MediaLink";
import { Text } from "../RichText";
import { MinusIcon, SaveIcon } from "./icons";
import { Film, Picture } from "./Picture";
import { useZoom } from "./useZoom";
import { isViewable, type Viewable } from "./viewable";

const viewable = computed(() =>
  (openThread.value?.rows ?? []).filter((row) => row.discarded_at === null).filter(isViewable),
);

/** All pictures and films of the thread that are known, here or in the details: one at a time, as large as the frame. */
export function Lightbox() {
  const all = viewable.value;
  const at = all.findIndex(({ id }) => id === enlarged.value);
  const message = all[at];
  // It may have been deleted meanwhile.
  useEffect(() => {
    if (!message) close();
  }, [message]);
  const go = (place: number) => {
    const id = all[place]?.id;
    if (id) enlarged.value = id;
  };
  return message ? <Viewer message={message} at={at} count={all.length} go={go} /> : null;
}

const pressed = { x: 0, y: 0 };

/** A click beside the picture, and not the end of a drag. (While it is held, its events all go to the frame around it.) */
function closeBeside({ clientX, clientY, currentTarget }: MouseEvent): void {
  if (Math.hypot(clientX - pressed.x, clientY - pressed.y) > 8) return;
  if (document.elementFromPoint(clientX, clientY) === currentTarget) close();
}

function close(): void {
  enlarged.value = null;
}

interface ButtonProps {
  label: string;
  disabled?: boolean;
  onClick: () => void;
  children: ComponentChildren;
}

interface ViewerProps {
  message: Viewable;
  at: number;
  count: number;
  go: (place: number) => void;
}

function Viewer({ message, at, count, go }: ViewerProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const { id, media, direction, timestamp } = message;
  // In a language that is written to the left, what comes next is on the left.
  const onward = document.documentElement.dir === "rtl" ? -1 : 1;
  const { view, handlers, zoomIn, zoomOut, fit, move } = useZoom(stage, id, {
    onSwipe: (to) => go(at - to * onward),
    onPullDown: close,
  });

  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    element?.focus();
    return () => {
      element?.close();
      close();
    };
  }, []);
  // A button that has no further use has lost the focus, and with it the keys.
  useLayoutEffect(() => {
    if (!dialog.current?.contains(document.activeElement)) dialog.current?.focus();
  });
  useEffect(() => {
    if (isStale(media.url)) renew(message).catch(() => undefined);
  }, [message, media.url]);

  const arrow = (x: number, y: number) => {
    if (view.scale > 1) move({ x: -x * 80, y: -y * 80 });
    else if (x !== 0) go(at + x * onward);
  };
  const keys: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => arrow(-1, 0),
    ArrowRight: () => arrow(1, 0),
    ArrowUp: () => arrow(0, -1),
    ArrowDown: () => arrow(0, 1),
    PageUp: () => go(at - 1),
    PageDown: () => go(at + 1),
    Home: () => go(0),
    End: () => go(count - 1),
    "+": zoomIn,
    "=": zoomIn,
    "-": zoomOut,
    "0": fit,
    Escape: close,
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // The panels below would take it for theirs.
    event.stopPropagation();
    const { key, target, altKey, ctrlKey, metaKey } = event;
    // A film has keys of its own.
    if (altKey || ctrlKey || metaKey || (target instanceof HTMLVideoElement && key !== "Escape")) return;
    if (!Object.hasOwn(keys, key)) return;
    event.preventDefault();
    keys[key]?.();
  };

  const film = shapeOf(media) === "film";
  const name = direction === "outbound" ? senderOf(message) : openConversation.value?.contact.name;
  const caption = message.image?.caption ?? message.video?.caption;
  return (
    <dialog
      ref={dialog}
      class="lightbox"
      tabIndex={-1}
      aria-label={v("shown")}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onKeyDown={onKeyDown}
    >
      <header class="lightbox-head">
        <p class="lightbox-who" aria-live="polite">
          <bdi>{name}</bdi>
          <small>
            {count > 1 && `${v("count", { at: at + 1, count })} · `}
            <time dateTime={timestamp}>{fullTime(timestamp)}</time>
            <span class="visually-hidden">{t(film ? "content.video" : "content.image")}</span>
          </small>
        </p>
        {!film && (
          <>
            <Button label={v("zoomOut")} disabled={view.scale === 1} onClick={zoomOut}>
              <MinusIcon />
            </Button>
            <Button label={v("zoomIn")} onClick={zoomIn}>
              <PlusIcon />
            </Button>
          </>
        )}
        <MediaLink message={message} url={media.url} class="icon-button" label={v("download")} saves>
          <SaveIcon />
        </MediaLink>
        <Button label={t("action.close")} onClick={close}>
          <CloseIcon />
        </Button>
      </header>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: buttons do the same */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: and keys */}
      <div
        ref={stage}
        class={`lightbox-stage ${view.scale > 1 ? "lightbox-zoomed" : ""}`}
        {...handlers}
        onPointerDownCapture={({ clientX, clientY }) => Object.assign(pressed, { x: clientX, y: clientY })}
        onClick={closeBeside}
      >
        {film ? <Film key={id} message={message} /> : <Picture key={id} message={message} view={view} />}
      </div>
      {at > 0 && (
        <button
          type="button"
          class="lightbox-step lightbox-previous"
          aria-label={v("previous")}
          onClick={() => go(at - 1)}
        >
          <BackIcon />
        </button>
      )}
      {at < count - 1 && (
        <button type="button" class="lightbox-step lightbox-next" aria-label={v("next")} onClick={() => go(at + 1)}>
          <BackIcon />
        </button>
      )}
      {caption && (
        <footer class="lightbox-caption">
          <Text body={caption} />
        </footer>
      )}
    </dialog>
  );
}

function Button({ label, disabled, onClick, children }: ButtonProps) {
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} disabled={disabled} onClick={onClick}>
      {children}
    </button>
  );
}
