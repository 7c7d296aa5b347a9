import { computed, effect, untracked } from "@preact/signals";
import type { FromInbox } from "../host/declarations";
import { refusal, session } from "../store";
import type { Session } from "../types";
import { obey } from "./commands";
import { readMessage } from "./messages";
import { originIsAllowed } from "./origins";
import { startTelling } from "./telling";

const ready = computed(() => session.value !== null && refusal.value === null);
const answers = computed(() => session.value !== null || refusal.value !== null);

/** Speaks with the page around the frame, once it has said hello from an origin that may embed the inbox. */
export function openLine(allowedOrigins: readonly string[], early: readonly MessageEvent[]): void {
  let host: string | null = null;
  let stop = () => {};
  const whenAnswers = new Promise<void>((resolve) =>
    effect(() => {
      if (answers.value) resolve();
    }),
  );
  const post = (message: FromInbox) => {
    if (host !== null) window.parent.postMessage(message, host);
  };

  /** Everything is told again to who says hello again: a page that listens anew knows nothing. */
  const greet = () => {
    stop();
    const stopReady = effect(() => {
      if (!ready.value) return;
      return untracked(() => {
        const { id, name } = (session.value as Session).embed;
        post({ porthole: 1, type: "ready", version: 1, embed: { id, name } });
        return startTelling(post);
      });
    });
    const stopEnd = effect(() => {
      if (refusal.value !== null) post({ porthole: 1, type: "ended", code: refusal.value });
    });
    stop = () => {
      stopReady();
      stopEnd();
    };
  };

  const hear = ({ source, origin, data }: MessageEvent) => {
    if (source !== window.parent || (host !== null && origin !== host)) return;
    const message = readMessage(data);
    if (message === null) return;
    if (host === null) {
      const greets = !("error" in message) && message.type === "hello";
      if (!greets || !mayHear(origin, allowedOrigins)) return;
      host = origin;
    }
    if ("error" in message) post({ porthole: 1, type: "error", ...message });
    else if (message.type === "hello") greet();
    else void whenAnswers.then(() => obey(message)).then(post);
  };
  addEventListener("message", hear);
  early.forEach(hear);
}

/** A page without an origin of its own, in a sandbox for one, cannot be named as the receiver: it hears nothing. */
function mayHear(origin: string, allowedOrigins: readonly string[]): boolean {
  return /^https?:/.test(origin) && (origin === location.origin || originIsAllowed(origin, allowedOrigins));
}
