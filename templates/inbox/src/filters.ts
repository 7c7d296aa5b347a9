import type { Conversation, ConversationStatus } from "./types";

export interface Filters {
  status: ConversationStatus | "all";
  search: string;
  whatsappConfigId: string;
  unread: boolean;
  handoff: boolean;
}

export const noFilters: Filters = {
  status: "active",
  search: "",
  whatsappConfigId: "all",
  unread: false,
  handoff: false,
};

/** The change that lets a search go through all that is here. */
export const everywhere = { status: "all", whatsappConfigId: "all", unread: false, handoff: false } as const;

export const statuses: readonly Filters["status"][] = ["active", "ended", "all"];
/** The server takes no more. */
export const longestSearch = 200;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What cannot be understood counts as absent, so that a mistyped address still opens the inbox. */
export function parseFilters(query: URLSearchParams): Filters {
  const text = (name: string) => (query.get(name) ?? "").trim();
  const flag = (name: string) => ["1", "true"].includes(text(name).toLowerCase());
  const whatsappConfigId = text("whatsapp_config_id").toLowerCase();
  return {
    status: statuses.find((status) => status === text("status").toLowerCase()) ?? noFilters.status,
    search: text("search").slice(0, longestSearch),
    whatsappConfigId: uuid.test(whatsappConfigId) ? whatsappConfigId : "all",
    unread: flag("unread"),
    handoff: flag("handoff"),
  };
}

/** The parameters that differ from the defaults, over those of others (`mode`) that `base` holds. */
export function filterQuery(filters: Filters, base = new URLSearchParams()): URLSearchParams {
  const query = new URLSearchParams(base);
  const put = (name: string, value: string, absent: string) => {
    if (value === absent) query.delete(name);
    else query.set(name, value);
  };
  put("status", filters.status, noFilters.status);
  put("search", filters.search, "");
  put("whatsapp_config_id", filters.whatsappConfigId, "all");
  put("unread", filters.unread ? "1" : "", "");
  put("handoff", filters.handoff ? "1" : "", "");
  return query;
}

export function isFiltered(filters: Filters): boolean {
  return filterQuery(filters).size > 0;
}

/** Whether a search goes through a part of what is here only. */
export function isNarrowed({ status, whatsappConfigId, unread, handoff }: Filters): boolean {
  return status !== "all" || whatsappConfigId !== "all" || unread || handoff;
}

/** All of the filter but the search, which only the server can answer in full. */
export function fits(conversation: Conversation, filters: Filters): boolean {
  return (
    (filters.status === "all" || conversation.status === filters.status) &&
    (filters.whatsappConfigId === "all" || conversation.whatsapp_config_id === filters.whatsappConfigId) &&
    (!filters.unread || conversation.unread_count > 0) &&
    (!filters.handoff || conversation.mode === "handoff")
  );
}
