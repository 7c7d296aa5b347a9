import { announceInbound } from "./announce";
import type { Api } from "./api";
import { applyChanges, applyEvents } from "./apply";
import { refuse } from "./renewal";
import { openSocket } from "./socket";
import { connection, dispatch, refusal } from "./store";

const heartbeat = 30_000;
const pollInterval = 5_000;
/** When a server goes away, all its pages notice in the same moment: they ask what they missed within this time. */
const spread = 4_000;
/** Some proxies swallow a WebSocket without a word: after this long the page polls while the socket still tries. */
const patience = 3_000;

interface Options {
  api: Api;
  token: string;
  cursor: string;
  /** Called when the server cannot tell what changed: everything is loaded again and a new cursor comes back. */
  reload: () => Promise<string>;
}

/** Keeps the store in step: pushes by the socket, and `changes` for whatever a push may have missed. */
export function goLive({ api, token, cursor, reload }: Options): () => void {
  // Undefined until the first attempt has an answer.
  let connected: boolean | undefined;
  let busy = false;
  let again = false;
  let timer: number | undefined;

  async function catchUp(): Promise<void> {
    again = busy;
    if (busy || refusal.value !== null) return;
    busy = true;
    clearTimeout(timer);
    try {
      do {
        again = false;
        const { data } = await api.changes(cursor);
        if (data.reset) {
          dispatch({ type: "reset" });
          cursor = await reload();
        } else {
          applyChanges(data);
          cursor = data.cursor;
        }
      } while (again);
      connection.value = connected ? "live" : connected === false ? "polling" : "connecting";
    } catch {
      connection.value = "offline";
    } finally {
      busy = false;
      const pause = connection.value === "live" ? heartbeat : pollInterval;
      if (refusal.value === null) timer = window.setTimeout(catchUp, pause * (0.75 + Math.random() / 2));
    }
  }

  function catchUpSoon(): void {
    clearTimeout(timer);
    timer = window.setTimeout(catchUp, Math.random() * spread);
  }

  const lost = () => {
    if (connected === false) return;
    const never = connected === undefined;
    connected = false;
    if (never) void catchUp();
    else catchUpSoon();
  };
  const waiting = setTimeout(() => connected ?? lost(), patience);
  const whenVisible = () => {
    if (document.visibilityState === "visible") void catchUp();
  };
  const whenOffline = () => {
    connection.value = "offline";
  };
  document.addEventListener("visibilitychange", whenVisible);
  window.addEventListener("online", catchUp);
  window.addEventListener("offline", whenOffline);

  const closeSocket = openSocket(token, {
    onConnect: () => {
      const again = connected === false;
      connected = true;
      if (!again) return void catchUp();
      if (connection.value === "polling") connection.value = "live";
      catchUpSoon();
    },
    onDisconnect: lost,
    onGap: catchUpSoon,
    onEvents: (events) => {
      applyEvents(events);
      announceInbound(events);
    },
    onRefused: refuse,
  });
  void catchUp();

  return () => {
    closeSocket();
    clearTimeout(timer);
    clearTimeout(waiting);
    document.removeEventListener("visibilitychange", whenVisible);
    window.removeEventListener("online", catchUp);
    window.removeEventListener("offline", whenOffline);
  };
}
