import { type Filters, filterQuery } from "./filters";
import type { MessageTemplate } from "./meta";
import type { Body } from "./reply";
import type { PageAt } from "./thread";
import type {
  ChangesAnswer,
  ConversationAnswer,
  ConversationPage,
  ConversationStatus,
  DetailsAnswer,
  EarlierPage,
  HandoffAnswer,
  MessageAnswer,
  MessagePage,
  ReadyRepliesAnswer,
  SessionAnswer,
  WaitingAnswer,
} from "./types";
import { userClaim } from "./user";

/** An answer other than 2xx. `status` 0 means that no answer came at all. `errors` names wrong fields by their path. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly errors: Readonly<Record<string, string[]>> = {},
  ) {
    super(message);
  }
}

export type Reply = Body & { client_id: string; context?: { message_id: string } };

/** The body of a refusal, as far as it can be trusted to be one. */
export interface Refusal {
  error?: string;
  code?: string;
  errors?: Record<string, string[]>;
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

  /** `contact` is an id or a phone number. */
  latestWith = (contact: string) => {
    const query = new URLSearchParams({ contact, status: "all", limit: "1" });
    return this.call<ConversationPage>("GET", `/conversations?${query}`);
  };

  waiting = () => this.call<WaitingAnswer>("GET", "/waiting");

  conversation = (id: string) => this.call<ConversationAnswer>("GET", `/conversations/${id}`);

  messages = (id: string, at: PageAt, signal: AbortSignal) =>
    this.call<MessagePage>("GET", `/conversations/${id}/messages?${new URLSearchParams({ ...at })}`, { signal });

  details = (id: string) => this.call<DetailsAnswer>("GET", `/conversations/${id}/details`);

  earlier = (id: string, after: string | null) =>
    this.call<EarlierPage>("GET", `/conversations/${id}/earlier?${new URLSearchParams(after ? { after } : {})}`);

  shared = (id: string, kind: string, after: string | null) => {
    const query = new URLSearchParams({ kind, ...(after ? { after } : {}) });
    return this.call<MessagePage>("GET", `/conversations/${id}/media?${query}`);
  };

  rename = (id: string, name: string | null) =>
    this.call<ConversationAnswer>("PATCH", `/conversations/${id}/contact`, { body: { display_name: name } });

  send = (id: string, reply: Reply) =>
    this.call<MessageAnswer>("POST", `/conversations/${id}/messages`, { body: reply });

  message = (id: string) => this.call<MessageAnswer>("GET", `/messages/${id}`);

  retryMedia = (id: string) => this.call<MessageAnswer>("POST", `/messages/${id}/media/retry`);

  retry = (id: string) => this.call<MessageAnswer>("POST", `/messages/${id}/retry`);

  discard = (id: string) => this.call<MessageAnswer>("DELETE", `/messages/${id}`);

  templates = (id: string) => this.call<{ data: MessageTemplate[] }>("GET", `/conversations/${id}/templates`);

  cannedReplies = () => this.call<ReadyRepliesAnswer>("GET", "/canned_replies");

  typing = (id: string) => this.call<void>("POST", `/conversations/${id}/typing`);

  removeUpload = (id: string, uploadId: string) =>
    this.call<void>("DELETE", `/conversations/${id}/uploads/${uploadId}`);

  setStatus = (id: string, status: ConversationStatus) =>
    this.call<ConversationAnswer>("PATCH", `/conversations/${id}`, { body: { status } });

  markRead = (id: string) => this.call<ConversationAnswer>("POST", `/conversations/${id}/read`);

  handOff = (id: string) => this.call<HandoffAnswer>("POST", `/conversations/${id}/handoff`);

  handBack = (id: string) => this.call<ConversationAnswer>("POST", `/conversations/${id}/hand_back`);

  changes = (since: string) => this.call<ChangesAnswer>("GET", `/changes?${new URLSearchParams({ since })}`);

  private async call<Answer>(method: string, path: string, { signal, body }: Options = {}): Promise<Answer> {
    const response = await this.fetch(method, path, signal, body);
    // A socket may have been closed, or may not get through, when it would have been told.
    const version = response.headers.get("X-Embed-Version") ?? this.version;
    if (version !== this.version) this.onRefused("embed_changed");
    if (response.status === 204) return undefined as Answer;
    if (response.ok) return response.json();
    throw this.refused(response.status, await response.json().catch(() => ({})));
  }

  /** The error that an answer's body tells; some ends of the embed end the page too. */
  refused(status: number, { error = `HTTP ${status}`, code = "unknown", errors = {} }: Refusal): ApiError {
    if (status === 401) this.onRefused(code);
    return new ApiError(status, code, error, errors);
  }

  /** What every call bears. */
  headers(): Record<string, string> {
    const user = userClaim();
    return { Authorization: `Bearer ${this.token}`, ...(user === null ? {} : { "X-Porthole-User": user }) };
  }

  private async fetch(method: string, path: string, signal?: AbortSignal, body?: unknown): Promise<Response> {
    const headers = this.headers();
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
