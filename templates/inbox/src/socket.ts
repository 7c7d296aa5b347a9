import { io } from "socket.io-client";
import type { LiveEvent } from "./types";
import { userClaim } from "./user";
import { shareViewing } from "./viewing";

interface Handlers {
  onEvents: (events: LiveEvent[]) => void;
  onConnect: () => void;
  onDisconnect: () => void;
  /** The server may have missed something itself. */
  onGap: () => void;
  /** The token or the user claim is refused for good, or the embed has changed: at the handshake or later. */
  onRefused: (code: string) => void;
}

const refusals = [
  "invalid_token",
  "expired_token",
  "revoked_token",
  "embed_changed",
  "forbidden_origin",
  "invalid_user_claim",
  "expired_user_claim",
];

/** A WebSocket that reconnects by itself, with jitter, until the token is refused. */
export function openSocket(token: string, handlers: Handlers): () => void {
  const socket = io({
    path: "/realtime/socket.io",
    transports: ["websocket"],
    auth: (send) => send({ token, user: userClaim() }),
    timeout: 8_000,
    reconnectionDelay: 1_000,
    reconnectionDelayMax: 20_000,
  });
  const refuse = (code: string) => {
    handlers.onRefused(code);
    socket.close();
  };
  let retry: number | undefined;
  socket.on("connect", handlers.onConnect);
  socket.on("events", handlers.onEvents);
  socket.on("catch_up", handlers.onGap);
  // The server is about to stop and another one takes over. What is said meanwhile is asked for on `connect`.
  socket.on("move", () => socket.disconnect().connect());
  socket.on("closed", (reason?: { code?: string }) => refuse(reason?.code ?? "revoked_token"));
  socket.on("disconnect", (reason) => {
    if (reason === "io client disconnect") return;
    handlers.onDisconnect();
    // The client does not reconnect by itself when it was the server that hung up (to shed load, for one).
    if (reason === "io server disconnect") retry = window.setTimeout(() => socket.connect(), 1_000);
  });
  // A proxy that opens the connection and drops it raises no error, only another attempt.
  socket.io.on("reconnect_attempt", handlers.onDisconnect);
  socket.on("connect_error", (error: Error & { data?: { code?: string } }) => {
    handlers.onDisconnect();
    const code = error.data?.code;
    if (code && refusals.includes(code)) refuse(code);
    else if (!socket.active) retry = window.setTimeout(() => socket.connect(), 5_000);
  });
  const stopSharing = shareViewing(socket);
  return () => {
    stopSharing();
    clearTimeout(retry);
    socket.close();
  };
}
