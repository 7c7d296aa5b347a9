import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { hear } from "./heard";
import { isStale, renew } from "./mediaFile";
import { threadMessages } from "./selectors";
import { keep, recall } from "./storage";
import { openThread } from "./store";
import type { Message } from "./types";

/** The page has one player for all that is only heard: it plays one file at a time, which is named by its id. */
const audio = new Audio();
audio.preload = "none";

const current = signal<Message | null>(null);
const running = signal(false);
const at = signal(0);
/** Seconds at which a file was left. */
const places = signal<ReadonlyMap<string, number>>(new Map());

const fileId = computed(() => current.value?.media?.id ?? null);

const leaveAt = (id: string, seconds: number) => {
  places.value = new Map([...places.value, [id, seconds]]);
};

export const isCurrent = (id: string) => fileId.value === id;
export const isPlaying = (id: string) => isCurrent(id) && running.value;
export const placeIn = (id: string) => (isCurrent(id) ? at.value : (places.value.get(id) ?? 0));

/** Files that this browser cannot play: some do not know Opus or AMR. */
const refused = signal<ReadonlySet<string>>(new Set());
export const isRefused = (id: string) => refused.value.has(id);

const speedKey = "porthole.speed";
const speeds = [1, 1.5, 2];
const rate = signal(speeds.find((known) => `${known}` === recall("sessionStorage", speedKey)) ?? 1);
/** How fast everything is played, for as long as the tab is open. */
export const speed: ReadonlySignal<number> = rate;

export function changeSpeed(): void {
  rate.value = speeds[(speeds.indexOf(rate.value) + 1) % speeds.length] ?? 1;
  keep("sessionStorage", speedKey, `${rate.value}`);
  audio.playbackRate = rate.value;
}

const playedKey = "porthole.played";
const mostPlayed = 200;
const heardFiles = signal<ReadonlySet<string>>(new Set(recall("localStorage", playedKey)?.split(" ")));
/** Whether a file was played in this browser. */
export const wasPlayed = (id: string) => heardFiles.value.has(id);

function markPlayed(id: string): void {
  if (wasPlayed(id)) return;
  heardFiles.value = new Set([...heardFiles.value, id].slice(-mostPlayed));
  keep("localStorage", playedKey, [...heardFiles.value].join(" "));
}

/** Plays a message's file from where it was left; one whose URL has run out, by a new one. */
export async function play(message: Message): Promise<void> {
  const { media } = message;
  if (!media?.url) return;
  const known = isCurrent(media.id) && !isStale(audio.src) && audio.error === null;
  if (!known) {
    const fresh = isStale(media.url) ? await renew(message).catch(() => null) : media;
    load({ ...message, media: { ...media, url: fresh?.url ?? media.url } });
  }
  hear(audio);
  await audio.play().catch(() => undefined);
}

function load(message: Message): void {
  leave();
  const { id, url } = message.media ?? {};
  if (!id || !url) return;
  current.value = message;
  at.value = places.value.get(id) ?? 0;
  audio.src = url;
  audio.currentTime = at.value;
  audio.defaultPlaybackRate = rate.value;
  audio.playbackRate = rate.value;
}

function leave(): void {
  audio.pause();
  if (fileId.value) leaveAt(fileId.value, at.value);
}

export const pause = () => audio.pause();

/** Goes to a place in a file, which need not be playing. */
export function seek(id: string, seconds: number): void {
  if (!isCurrent(id)) {
    leaveAt(id, seconds);
    return;
  }
  at.value = seconds;
  audio.currentTime = seconds;
}

audio.addEventListener("play", () => {
  running.value = true;
  if (fileId.value) markPlayed(fileId.value);
});
audio.addEventListener("pause", () => {
  running.value = false;
});
audio.addEventListener("timeupdate", () => {
  at.value = audio.currentTime;
});
audio.addEventListener("ended", () => {
  const message = current.value;
  running.value = false;
  at.value = 0;
  const next = message?.audio?.voice ? voiceAfter(message) : undefined;
  if (next) void play(next);
});
audio.addEventListener("error", () => {
  if (audio.error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED && fileId.value && !isStale(audio.src))
    refused.value = new Set([...refused.value, fileId.value]);
});

/** The voice message that comes right after another one. */
function voiceAfter({ id }: Message): Message | undefined {
  const messages = openThread.value ? threadMessages(openThread.value) : [];
  const next = messages[messages.findIndex((message) => message.id === id) + 1];
  return next?.audio?.voice && next.deleted_at === null ? next : undefined;
}
