import type { Outgoing } from "../src/reducer";
import type { Conversation, Message } from "../src/types";

export function conversation(values: Partial<Conversation> & { id: string }): Conversation {
  return {
    status: "active",
    mode: null,
    handed_off_by: null,
    contact: {
      id: `contact-${values.id}`,
      name: "Ana",
      display_name: null,
      profile_name: "ana",
      saved_name: null,
      phone_number: "5215555550100",
      username: null,
      merged_at: null,
    },
    whatsapp_config_id: "11111111-1111-4111-8111-111111111111",
    phone_number_id: "1065",
    assigned_user_id: null,
    unread_count: 0,
    messages_count: 1,
    last_message: null,
    last_active_at: "2026-01-01T10:00:00Z",
    last_inbound_at: "2026-01-01T10:00:00Z",
    window_expires_at: "2026-01-02T10:00:00Z",
    created_at: "2026-01-01T10:00:00Z",
    ended_at: null,
    rev: "1",
    ...values,
  };
}

export function message(values: Partial<Message> & { id: string }): Message {
  return {
    conversation_id: "a",
    wamid: `wamid.${values.id}`,
    client_id: null,
    direction: "inbound",
    type: "text",
    text: { body: "hi" },
    origin: "cloud_api",
    status: "received",
    error: null,
    context: null,
    forwarded: null,
    referral: null,
    reactions: [],
    edited_at: null,
    deleted_at: null,
    discarded_at: null,
    sent_by: null,
    words: null,
    template_parts: null,
    timestamp: "2026-01-01T10:00:00Z",
    media: null,
    rev: "1",
    ...values,
  };
}

export function outgoing(values: Partial<Outgoing> = {}): Outgoing {
  return {
    client_id: "x",
    conversation_id: "a",
    body: { type: "text", text: { body: "hi" } },
    context: null,
    media: null,
    words: null,
    template_parts: null,
    timestamp: "2026-01-01T10:00:00Z",
    failure: null,
    ...values,
  };
}
