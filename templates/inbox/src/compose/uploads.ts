import { type Signal, signal } from "@preact/signals";
import { theApi } from "../actions";
import { ApiError } from "../api";
import { makeClientId } from "../clientId";
import { failureText } from "../failure";
import { w } from "../i18n/tools";
import { fileSize } from "../mediaFile";
import { forgetOwnFile, keepOwnFile } from "../ownFiles";
import type { Media } from "../types";
import { excess, type Kind } from "./files";
import { type Putting, putUpload, type UploadedFile } from "./putUpload";

export type UploadState =
  | { phase: "waiting" }
  /** `share` of it is there, from 0 to 1. */
  | { phase: "sending"; share: number }
  | { phase: "ready"; file: UploadedFile }
  /** `lasting` if the same file would be refused again. */
  | { phase: "failed"; reason: string; lasting: boolean };

/** A file on its way to the server, or there. `url` shows it from memory. */
export interface Upload extends Putting {
  readonly url: string;
  readonly state: Signal<UploadState>;
  readonly gone: AbortController;
}

const atOnce = 2;
const waiting: Upload[] = [];
let running = 0;

export function startUpload(conversationId: string, file: Blob, kind: Kind, filename: string): Upload {
  const id = makeClientId();
  const upload: Upload = {
    conversationId,
    id,
    kind,
    file,
    filename,
    url: keepOwnFile(id, file),
    state: signal<UploadState>({ phase: "waiting" }),
    gone: new AbortController(),
  };
  enqueue(upload);
  return upload;
}

export function retryUpload(upload: Upload): void {
  if (upload.state.value.phase === "failed") enqueue(upload);
}

/** It is not wanted any more: neither here nor on the server. */
export function dropUpload({ conversationId, id, gone }: Upload): void {
  gone.abort();
  forgetOwnFile(id);
  // What cannot be told now the server finds out by itself: no message ever names the upload.
  theApi()
    .removeUpload(conversationId, id)
    .catch(() => undefined);
}

/** The file as a message has it, for as long as there is no message of the server's. */
export function mediaOf({ state }: Upload): Media | null {
  return state.value.phase === "ready" ? { ...state.value.file, state: "ready" } : null;
}

function enqueue(upload: Upload): void {
  const limit = excess(upload.file.size, upload.kind);
  if (limit !== null) {
    const reason = w("upload.tooLarge", { limit: fileSize(limit) });
    upload.state.value = { phase: "failed", reason, lasting: true };
    return;
  }
  upload.state.value = { phase: "waiting" };
  waiting.push(upload);
  advance();
}

/** In the order in which they were chosen, two at a time. */
function advance(): void {
  while (running < atOnce) {
    const upload = waiting.shift();
    if (!upload) return;
    if (!upload.gone.signal.aborted) void run(upload);
  }
}

async function run(upload: Upload): Promise<void> {
  const { state, gone } = upload;
  running += 1;
  state.value = { phase: "sending", share: 0 };
  try {
    const file = await putUpload(
      upload,
      (share) => {
        state.value = { phase: "sending", share };
      },
      gone.signal,
    );
    state.value = { phase: "ready", file };
  } catch (error) {
    const lasting = error instanceof ApiError && [413, 422].includes(error.status);
    const [said] = error instanceof ApiError ? (error.errors.file ?? []) : [];
    state.value = { phase: "failed", reason: said ?? failureText(error), lasting };
  } finally {
    running -= 1;
    advance();
  }
}
