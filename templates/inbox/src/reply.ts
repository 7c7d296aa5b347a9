import type { Outgoing } from "./reducer";
import type { Content, Media, Message } from "./types";

/** What may be sent: Meta's content object under the key of its type, with an upload in the place of Meta's media id. */
export type Body =
  | { type: "text"; text: { body: string } }
  | { type: "image"; image: FileBody }
  | { type: "video"; video: FileBody }
  | { type: "audio"; audio: FileBody }
  | { type: "document"; document: FileBody }
  | { type: "sticker"; sticker: FileBody }
  | { type: "location"; location: LocationBody }
  | { type: "contacts"; contacts: ContactBody[] }
  | { type: "reaction"; reaction: { message_id: string; emoji: string } }
  | { type: "template"; template: TemplateBody }
  | { type: "interactive"; interactive: InteractiveBody };

export interface FileBody {
  upload_id: string;
  caption?: string;
  filename?: string;
  voice?: true;
}

export interface LocationBody {
  latitude: number;
  longitude: number;
  name?: string;
  address?: string;
}

export interface ContactBody {
  name: { formatted_name: string; first_name: string; last_name?: string };
  phones: { phone: string; type: string }[];
  emails?: { email: string; type: string }[];
  org?: { company: string };
}

export interface TemplateBody {
  name: string;
  language: { code: string };
  components?: TemplateComponentBody[];
}

export interface TemplateComponentBody {
  type: "header" | "body" | "button";
  sub_type?: "url" | "copy_code";
  index?: number;
  parameters: TemplateParameter[];
}

export type TemplateParameter =
  | { type: "text"; text: string; parameter_name?: string }
  | { type: "coupon_code"; coupon_code: string }
  | { type: "location"; location: Partial<LocationBody> }
  | { type: "image"; image: { upload_id: string } }
  | { type: "video"; video: { upload_id: string } }
  | { type: "document"; document: { upload_id: string; filename: string } };

export type HeaderBody =
  | { type: "text"; text: string }
  | { type: "image"; image: { upload_id: string } }
  | { type: "video"; video: { upload_id: string } }
  | { type: "document"; document: { upload_id: string; filename: string } };

export interface InteractiveBody {
  type: "button" | "list" | "cta_url" | "location_request_message";
  header?: HeaderBody;
  body: { text: string };
  footer?: { text: string };
  action:
    | { buttons: { type: "reply"; reply: { id: string; title: string } }[] }
    | { button: string; sections: { title?: string; rows: { id: string; title: string; description?: string }[] }[] }
    | { name: "cta_url"; parameters: { display_text: string; url: string } }
    | { name: "send_location" };
}

/** A message as it is drawn before the server has one. */
export function drawn(content: Content & { type: string }, media: Media | null): Message {
  return {
    conversation_id: "",
    wamid: null,
    client_id: null,
    direction: "outbound",
    origin: "cloud_api",
    status: "queued",
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
    timestamp: "",
    rev: "0",
    ...content,
    id: "",
    media,
  };
}

export const asMessage = ({ body, media, words, template_parts }: Outgoing): Message => ({
  ...drawn(body, media),
  words,
  template_parts,
});
