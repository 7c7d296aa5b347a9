import { type Filters, filterQuery } from "./filters";
import type {
  ChangesAnswer,
  ConversationAnswer,
  ConversationPage,
  HandoffAnswer,
  MessageAnswer,
  MessagePage,
  SessionAnswer,
} from "./types";
import { userClaim } from "./user";

/** An answer other than 2xx. `status` 0 means that no answer came at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export interface Reply {
  client_id: string;
  type: "text";
  text: { body: string };
  context?: { message_id: string };
}

interface Options {
  signal?: AbortSignal;
  body?: unknown;
}

const timeout = 20_000;

export class Api {
  constructor(
    private readonly token: string,
    private readonly version: string,
    private readonly onRefused: (code: string) => void,
  ) {}

  session = () => this.call<SessionAnswer>("GET", "/session");

  conversations = (filters: Filters, after: string | null, signal: AbortSignal) => {
    const query = filterQuery(filters);
    if (after) query.set("after", after);
    return this.call<ConversationPage>("GET", `/conversations?${query}`, { signal });
  };

  conversation = (id: string) => this.call<ConversationAnswer>("GET", `/conversations/${id}`);

  messages = (id: string, after: string | null) => {
    const query = new URLSearchParams(after ? { after } : {});
    return this.call<MessagePage>("GET", `/conversations/${id}/messages?${query}`);
  };

  send = (id: string, reply: Reply) =>
    this.call<MessageAnswer>("POST", `/conversations/${id}/messages`, { body: reply });

  message = (id: string) => this.call<MessageAnswer>("GET", `/messages/${id}`);

  retryMedia = (id: string) => this.call<MessageAnswer>("POST", `/messages/${id}/media/retry`);

  markRead = (id: string) => this.call<ConversationAnswer>("POST", `/conversations/${id}/read`);

  handOff = (id: string) => this.call<HandoffAnswer>("POST", `/conversations/${id}/handoff`);

  changes = (since: string) => this.call<ChangesAnswer>("GET", `/changes?${new URLSearchParams({ since })}`);

  private async call<Answer>(method: string, path: string, { signal, body }: Options = {}): Promise<Answer> {
    const response = await this.fetch(method, path, signal, body);
    // A socket may have been closed, or may not get through, when it would have been told.
    const version = response.headers.get("X-Embed-Version") ?? this.version;
    if (version !== this.version) this.onRefused("embed_changed");
    if (response.ok) return response.json();
    const { error = response.statusText, code = "unknown" } = await response.json().catch(() => ({}));
    if (response.status === 401) this.onRefused(code);
    throw new ApiError(response.status, code, error);
  }

  private async fetch(method: string, path: string, signal?: AbortSignal, body?: unknown): Promise<Response> {
    const headers: Record<string, string> = { Authorization: `Bearer ${this.token}` };
    const user = userClaim();
    if (user !== null) headers["X-Porthole-User"] = user;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const deadline = AbortSignal.timeout(timeout);
    try {
      return await fetch(`/inbox/v1${path}`, {
        method,
        headers,
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
        credentials: "omit",
        cache: "no-store",
        body: body === undefined ? null : JSON.stringify(body),
      });
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw new ApiError(0, "unreachable", String(cause));
    }
  }
}
