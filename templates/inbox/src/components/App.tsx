import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { close, start } from "../actions";
import type { Bootstrap } from "../bootstrap";
import { closeDetails, isWide } from "../details";
import { t } from "../i18n";
import { lazily, whenIdle } from "../lazily";
import { enlarged } from "../lightbox";
import { helpOpen, onShortcut } from "../shortcuts";
import { announcement, detailsOpen, openConversation, openId, refusal, session } from "../store";
import { DetailsPane, loadDetails } from "./DetailsPane";
import { focusRow } from "./focus";
import { Gone } from "./Gone";
import { InboxIcon, OfflineIcon } from "./icons";
import { keepFocusInPanel } from "./keepFocusInPanel";
import { ListPane } from "./ListPane";
import { Notice } from "./Notice";
import { ThreadPane } from "./ThreadPane";

const Lightbox = lazily(() => import("./lightbox/Lightbox").then((module) => module.Lightbox));
const ShortcutsDialog = lazily(() => import("./ShortcutsDialog").then((module) => module.ShortcutsDialog));

const retryAfter = 10_000;
const heardAfter = 2_500; // milliseconds

export function App({ bootstrap }: { bootstrap: Bootstrap }) {
  const [failed, setFailed] = useState(false);
  // Before the page is painted: the server answers meanwhile.
  useLayoutEffect(() => {
    if (failed || refusal.value) return;
    let stop = () => {};
    let left = false;
    start(bootstrap).then(
      (end) => {
        if (left) end();
        else stop = end;
      },
      () => setFailed(true),
    );
    return () => {
      left = true;
      stop();
    };
  }, [bootstrap, failed]);

  if (refusal.value) return <Gone code={refusal.value} />;
  return failed ? <StartFailed onRetry={() => setFailed(false)} /> : <Panels />;
}

/** It tries again by itself, for a frame that was opened before the network was there. */
function StartFailed({ onRetry }: { onRetry: () => void }) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: one wait for each failure
  useEffect(() => {
    const timer = setTimeout(onRetry, retryAfter);
    return () => clearTimeout(timer);
  }, []);
  const action = { label: t("action.retry"), run: onRetry };
  const title = t("start.failed.title");
  return (
    <main class="gone">
      <Notice page alert icon={<OfflineIcon />} title={title} body={t("start.failed.body")} action={action} />
    </main>
  );
}

function Panels() {
  const conversation = openConversation.value;
  useFocusAfterClosing(openId.value);
  useEffect(() => whenIdle(loadDetails), []);
  useEffect(() => {
    document.addEventListener("keydown", onShortcut);
    const stopKeeping = keepFocusInPanel();
    return () => {
      document.removeEventListener("keydown", onShortcut);
      stopKeeping();
    };
  }, []);
  const told = announcement.value;
  // The same words again are only heard if they were gone meanwhile.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each sentence has a time of its own
  useEffect(() => {
    if (told === "") return undefined;
    const timer = setTimeout(() => {
      announcement.value = "";
    }, heardAfter);
    return () => clearTimeout(timer);
  }, [told]);
  const panel = !openId.value ? "list" : detailsOpen.value ? "details" : "thread";
  return (
    <main class="app" data-panel={panel} onKeyDown={(event) => event.key === "Escape" && leave(event)}>
      <h1 class="visually-hidden">{session.value?.embed.name || t("list.title")}</h1>
      <ListPane />
      {openId.value ? (
        <ThreadPane key={openId.value} id={openId.value} />
      ) : (
        <div class="thread thread-none">
          <Notice icon={<InboxIcon />} title={t("empty.thread.title")} body={t("empty.thread.body")} />
        </div>
      )}
      {conversation && detailsOpen.value && <DetailsPane key={conversation.id} conversation={conversation} />}
      {enlarged.value !== null && <Lightbox />}
      {helpOpen.value && <ShortcutsDialog />}
      <div class="visually-hidden" aria-live="polite">
        {told}
      </div>
    </main>
  );
}

/** A thread that closes by itself hands the focus to the list. Nothing is focused before the reader has come here. */
function useFocusAfterClosing(id: string | null): void {
  const before = useRef(id);
  useEffect(() => {
    if (before.current && !id && document.activeElement === document.body) focusRow(before.current);
    before.current = id;
  }, [id]);
}

/** One step back: from the details to the thread, from the thread to its row. Beside the thread, details may stay. */
function leave(event: KeyboardEvent): void {
  const id = openId.value;
  if (event.defaultPrevented || !id) return;
  event.preventDefault();
  const inDetails = event.target instanceof Element && event.target.closest(".details");
  if (detailsOpen.value && (inDetails || !isWide())) {
    closeDetails();
  } else {
    close();
  }
}
