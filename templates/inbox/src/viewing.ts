import { computed, effect, signal } from "@preact/signals";
import type { Socket } from "socket.io-client";
import { theApi } from "./actions";
import { now, visible } from "./now";
import { hear, type Others, people, presenceText } from "./presence";
import { announcement, openId, session } from "./store";
import type { LiveEvent } from "./types";

/** Milliseconds; the server takes a page that says nothing for 60 seconds for gone. */
const refresh = 25_000;
const pause = 5_000;

const others = signal<Others>(new Map());
const shown = computed(() => (visible.value ? openId.value : null));
const typingIn = signal<string | null>(null);
let resting: number | undefined;

const present = computed(() => people(others.value, session.value?.user ?? null, now.value.getTime()));
/** Who else has the open conversation open, in words; empty if nobody has. */
export const presence = computed(() => presenceText(present.value));
export const isReplying = computed(() => present.value.some((other) => other.typing));

/** Milliseconds; WhatsApp shows for 25 seconds that somebody types. */
const toldFor = 20_000;
const told = new Map<string, number>();

/** The customer sees it too. It is no matter if that fails. */
function tellCustomer(id: string): void {
  const at = Date.now();
  if (at - (told.get(id) ?? 0) < toldFor) return;
  told.set(id, at);
  theApi()
    .typing(id)
    .catch(() => undefined);
}

/** The reader types a reply; over after some seconds without a key. */
export function typed(id: string): void {
  tellCustomer(id);
  typingIn.value = id;
  clearTimeout(resting);
  resting = window.setTimeout(stopTyping, pause);
}

export function stopTyping(): void {
  clearTimeout(resting);
  typingIn.value = null;
}

/** Says what this page shows, and hears what the others show. */
export function shareViewing(socket: Socket): () => void {
  let own: string | undefined;
  const announced = new Set<string>();

  const say = () => {
    const viewing = { conversation_id: shown.value, typing: shown.value !== null && typingIn.value === shown.value };
    if (socket.connected)
      socket.emit("viewing", viewing, (viewer: string) => {
        own = viewer;
      });
  };
  const forget = () => {
    others.value = new Map();
    announced.clear();
  };
  /** A screen reader hears of everybody who begins to reply, once. */
  const announce = () => {
    for (const other of present.value) {
      if (!other.typing || announced.has(other.person)) continue;
      announced.add(other.person);
      announcement.value = presenceText([other]);
    }
  };
  const onEvents = (events: LiveEvent[]) => {
    const told = events
      .filter((event) => event.type === "presence")
      .filter(({ conversation_id, viewer }) => conversation_id === shown.value && viewer !== own);
    if (told.length > 0) others.value = hear(others.value, told, Date.now());
  };

  socket.on("connect", say);
  socket.on("disconnect", forget);
  socket.on("events", onEvents);
  const timer = setInterval(() => shown.value && say(), refresh);
  const stops = [shown.subscribe(forget), effect(say), effect(announce)];
  return () => {
    clearInterval(timer);
    for (const stop of stops) stop();
  };
}
