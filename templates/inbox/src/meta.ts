import type { TemplateButton, TemplatePart } from "./events";

/** Meta's content objects, as docs/inbox-api.md has them. They come from Meta, so every part of one may be missing. */

/** What stands in a message under the key of its type. There may be new types at any time. */
export interface Content {
  text?: { body?: string };
  reaction?: { emoji?: string };
  image?: FileContent;
  video?: FileContent;
  audio?: FileContent;
  document?: FileContent;
  sticker?: FileContent;
  location?: Location;
  contacts?: ContactCard[];
  interactive?: Interactive;
  button?: { text?: string; payload?: string };
  order?: Order;
  system?: System;
  call?: Call;
  unsupported?: { type?: string };
  template?: Template;
}

export interface FileContent {
  caption?: string;
  filename?: string;
  mime_type?: string;
  voice?: boolean;
}

export interface Location {
  latitude?: number | string;
  longitude?: number | string;
  name?: string;
  address?: string;
}

export interface ContactCard {
  name?: { formatted_name?: string; first_name?: string; last_name?: string };
  phones?: { phone?: string; wa_id?: string }[];
  emails?: { email?: string }[];
  urls?: { url?: string }[];
  org?: { company?: string; title?: string };
}

/** What a customer answered to the request to call them. */
export interface CallPermission {
  response?: string;
  is_permanent?: boolean;
  expiration_timestamp?: number | string;
}

export interface Interactive {
  type?: string;
  header?: InteractiveHeader;
  body?: { text?: string };
  footer?: { text?: string };
  action?: {
    name?: string;
    button?: string;
    buttons?: { reply?: { id?: string; title?: string } }[];
    sections?: { title?: string; rows?: { id?: string; title?: string; description?: string }[] }[];
    parameters?: { display_text?: string; url?: string; flow_cta?: string };
  };
  button_reply?: { id?: string; title?: string };
  list_reply?: { id?: string; title?: string; description?: string };
  nfm_reply?: { name?: string; body?: string; response_json?: unknown };
  call_permission_reply?: CallPermission;
}

export interface InteractiveHeader {
  type?: string;
  text?: string;
  document?: { filename?: string };
}

/** A template that was sent: its name, and what it was filled in with. */
export interface Template {
  name?: string;
  components?: TemplateComponent[];
}

/** What one component of a template was filled in with; of a button, `index` is its place among them. */
export interface TemplateComponent {
  type?: string;
  sub_type?: string;
  index?: number | string;
  parameters?: TemplateValue[];
  cards?: { card_index?: number; components?: TemplateComponent[] }[];
}

/** The value stands under the key that `type` names. */
export interface TemplateValue {
  type?: string;
  parameter_name?: string;
  text?: string;
  currency?: { fallback_value?: string };
  date_time?: { fallback_value?: string };
  location?: Location;
  payload?: unknown;
  coupon_code?: string;
}

/** A template that may be sent. */
export interface MessageTemplate {
  id: string;
  name: string;
  language: string;
  category: string;
  parameter_format?: string;
  components: SamplePart[];
}

/** A component of a template, with what Meta's reviewers were shown in the place of its variables. */
export interface SamplePart extends TemplatePart {
  buttons?: SampleButton[];
  example?: {
    header_text?: string[];
    body_text?: string[][];
    header_text_named_params?: { param_name?: string; example?: string }[];
    body_text_named_params?: { param_name?: string; example?: string }[];
  };
}

export interface SampleButton extends TemplateButton {
  example?: string | string[];
}

export interface Order {
  text?: string;
  product_items?: {
    product_retailer_id?: string;
    quantity?: number | string;
    item_price?: number | string;
    currency?: string;
  }[];
}

export interface System {
  type?: string;
  body?: string;
  /** The new number, of somebody who changed it; older versions of the webhook have it in the second. */
  wa_id?: string;
  new_wa_id?: string;
}

export interface Call {
  direction?: string;
  event?: string;
  status?: string;
  start_time?: number | string;
  end_time?: number | string;
  duration?: number | string;
}
