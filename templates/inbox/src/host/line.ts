import type { FromHost, FromInbox, PortholeFailure } from "./declarations";

/** A command, before it has its number. */
export type Command = Exclude<FromHost, { type: "hello" }>;

interface Asked {
  command: Command;
  done: () => void;
  failed: (why: Error) => void;
}

interface Handlers {
  /** Anything but the answer to a command that is waited for. */
  onMessage: (message: FromInbox) => void;
  /** No hello was answered. */
  onSilence: (failure: PortholeFailure) => void;
}

/** Milliseconds between one hello and the next, for a frame whose script takes long; the last is for giving up. */
const pauses = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000];
const mostAsked = 100;
const silence: PortholeFailure = {
  code: "no_answer",
  error: "The inbox does not answer: is this page one of the embed's allowed_origins, and the embed still good?",
};

/** Speaks with the inbox in a frame: to its origin and no other. What is asked before it listens waits. */
export class Line {
  private readonly asked = new Map<string, Asked>();
  private readonly ends = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private last = 0;
  private listening = false;
  /** The page in the frame has said something, if only that it is over. */
  private up = false;
  /** Why nothing that is asked has a chance, until the frame loads anew. */
  private over: PortholeFailure | null = null;

  constructor(
    private readonly frame: HTMLIFrameElement,
    private readonly origin: string,
    private readonly handlers: Handlers,
  ) {
    const { signal } = this.ends;
    // A frame that loads anew, because its embed has changed for one, has forgotten who its parent is.
    frame.addEventListener("load", () => this.greet(), { signal });
    window.addEventListener("message", (event) => this.hear(event), { signal });
  }

  /** Says what needs no answer; nothing before the inbox listens. */
  say(message: Command): void {
    if (this.listening) this.post(message);
  }

  /** Says it to an inbox that is over for the want of a good claim as well; false if nobody hears. */
  sayUser(user: string | null): boolean {
    if (this.up) this.post({ porthole: 1, type: "set-user", user });
    return this.up;
  }

  ask(asked: Command): Promise<void> {
    return new Promise((done, failed) => {
      const command = plain(asked);
      if (this.over) return failed(failure(this.over));
      if (this.asked.size >= mostAsked) return failed(failure({ code: "unavailable", error: "Too much was asked" }));
      const id = String(++this.last);
      this.asked.set(id, { command: { ...command, id }, done, failed });
      this.say({ ...command, id });
    });
  }

  end(): void {
    this.ends.abort();
    clearTimeout(this.timer);
    this.giveUp({ code: "unavailable", error: "The inbox was taken off the page" });
  }

  private greet(attempt = 0): void {
    clearTimeout(this.timer);
    this.listening = this.up = false;
    this.over = null;
    if (attempt === pauses.length) {
      this.giveUp(silence);
      this.over = silence;
      this.handlers.onSilence(silence);
      return;
    }
    this.post({ porthole: 1, type: "hello" });
    this.timer = setTimeout(() => this.greet(attempt + 1), pauses[attempt]);
  }

  private hear({ source, origin, data }: MessageEvent<FromInbox>): void {
    if (source !== this.frame.contentWindow || origin !== this.origin || data?.porthole !== 1) return;
    clearTimeout(this.timer);
    this.up = true;
    if (data.type === "ended") this.finish(data.code);
    if ((data.type === "done" || data.type === "error") && data.id !== undefined) this.settle(data.id, data);
    else if (data.type !== "ready") this.handlers.onMessage(data);
    else if (!this.listening) this.listen(data); // and not for the answer to a second hello
  }

  private listen(ready: FromInbox): void {
    this.listening = true;
    this.over = null;
    this.handlers.onMessage(ready);
    for (const { command } of this.asked.values()) this.post(command);
  }

  /** A fresh user claim loads the page again: then it does what was asked. */
  private finish(code: string): void {
    if (code === "expired_user_claim") return;
    this.over = { code: "unavailable", error: `The inbox is over: ${code}` };
    this.giveUp(this.over);
  }

  private settle(id: string, answer: Extract<FromInbox, { type: "done" | "error" }>): void {
    const asked = this.asked.get(id);
    this.asked.delete(id);
    if (answer.type === "error") asked?.failed(failure(answer));
    else asked?.done();
  }

  private giveUp(why: PortholeFailure): void {
    for (const { failed } of this.asked.values()) failed(failure(why));
    this.asked.clear();
  }

  private post(message: FromHost): void {
    this.frame.contentWindow?.postMessage(message, this.origin);
  }
}

/** A copy without what frameworks wrap objects in to see them change, which cannot be posted. */
export function plain<Value extends object>(value: Value): Value {
  return JSON.parse(JSON.stringify(value));
}

export function failure({ code, error, errors = {} }: PortholeFailure): Error {
  return Object.assign(new Error(error), { code, errors });
}
