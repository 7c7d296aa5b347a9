import { type Filters, statuses } from "../filters";
import type { Brand, FromHost, PortholeFailure } from "../host/declarations";
import type { Mode } from "../types";
import { rgb } from "./colors";

/** What the host's page asks for, checked in full. */
export type Asked = { id?: string } & (
  | { type: "hello" }
  | { type: "set-filters"; filters: Partial<Filters> }
  | { type: "open-conversation"; conversationId: string }
  | { type: "open-contact"; contact: string }
  | { type: "set-mode"; mode: Mode | null }
  | { type: "set-user"; user: string | null }
  | { type: "set-brand"; brand: Brand }
);

export type Problem = PortholeFailure & { id?: string };

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const phone = /^\+?[\d\s().-]{5,40}$/;
const modes = ["system", "light", "dark"] as const satisfies readonly Mode[];
const longestId = 64;
const longestSearch = 200;
/** What a user claim may be for the server (shared/user_claims.py). */
const claim = /^[\x21-\x7e]{1,8000}$/;

type Fields = Readonly<Record<string, unknown>>;

/** Gathers what is wrong, each under its path, and gives undefined for it. */
class Reader {
  readonly errors: Record<string, string[]> = {};

  wrong(path: string, text: string): undefined {
    this.errors[path] = [text];
  }

  object(value: unknown, path: string, known: readonly string[]): Fields {
    if (!isObject(value)) {
      this.wrong(path, "must be an object");
      return {};
    }
    for (const name of Object.keys(value).slice(0, 20))
      if (!known.includes(name)) this.wrong(`${path}.${name.slice(0, longestId)}`, "is not known");
    return value;
  }

  text(value: unknown, path: string, pattern: RegExp, shape: string): string | undefined {
    if (typeof value === "string" && pattern.test(value)) return value;
    return this.wrong(path, `must be ${shape}`);
  }

  one<Value extends string>(value: unknown, path: string, values: readonly Value[]): Value | undefined {
    return values.find((one) => one === value) ?? this.wrong(path, `must be one of ${values.join(", ")}`);
  }

  flag(value: unknown, path: string): boolean | undefined {
    return typeof value === "boolean" ? value : this.wrong(path, "must be true or false");
  }
}

/** What a message asks for, what is wrong with it, or null for what is none of ours. */
export function readMessage(data: unknown): Asked | Problem | null {
  if (!isObject(data) || data.porthole === undefined) return null;
  const id = typeof data.id === "string" && data.id.length <= longestId ? { id: data.id } : {};
  if (data.porthole !== 1)
    return { code: "unsupported_version", error: "The inbox speaks version 1: {porthole: 1, type, ...}", ...id };
  const reader = new Reader();
  if (data.id !== undefined && id.id === undefined)
    reader.wrong("id", `must be a text of at most ${longestId} characters`);
  const type = reader.one(data.type, "type", Object.keys(readers) as FromHost["type"][]);
  const asked = type && readers[type](data, reader);
  if (asked && Object.keys(reader.errors).length === 0) return { ...asked, ...id };
  const [path, texts] = Object.entries(reader.errors)[0] ?? ["type", []];
  return { code: "invalid_message", error: `${path} ${texts.join(", ")}`, errors: reader.errors, ...id };
}

const readers: { [Type in FromHost["type"]]: (data: Fields, reader: Reader) => Asked | undefined } = {
  hello: () => ({ type: "hello" }),

  "set-filters"({ filters }, reader) {
    const given = reader.object(filters, "filters", ["status", "search", "whatsapp_config_id", "unread", "handoff"]);
    const { status, search, whatsapp_config_id: number, unread, handoff } = given;
    const read: Partial<Filters> = defined({
      status: status === undefined ? status : reader.one(status, "filters.status", statuses),
      search:
        search === undefined ? search : reader.text(search, "filters.search", searchable, "a text of at most 200"),
      whatsappConfigId:
        number === undefined || number === "all"
          ? number
          : reader.text(number, "filters.whatsapp_config_id", uuid, "a UUID, or all")?.toLowerCase(),
      unread: unread === undefined ? unread : reader.flag(unread, "filters.unread"),
      handoff: handoff === undefined ? handoff : reader.flag(handoff, "filters.handoff"),
    });
    return { type: "set-filters", filters: read };
  },

  "open-conversation"({ conversation_id }, reader) {
    const conversationId = reader.text(conversation_id, "conversation_id", uuid, "a UUID");
    return conversationId ? { type: "open-conversation", conversationId } : undefined;
  },

  "open-contact"({ contact }, reader) {
    const { id, phone_number } = reader.object(contact, "contact", ["id", "phone_number"]);
    const person =
      phone_number === undefined
        ? reader.text(id, "contact.id", uuid, "a UUID, where there is no phone_number")
        : reader.text(phone_number, "contact.phone_number", phone, "a phone number with its country code");
    return person ? { type: "open-contact", contact: person } : undefined;
  },

  "set-mode"({ mode }, reader) {
    const read = mode === null ? mode : reader.one(mode, "mode", modes);
    return read === undefined ? read : { type: "set-mode", mode: read };
  },

  "set-user"({ user }, reader) {
    const read = user === null ? user : reader.text(user, "user", claim, "a user claim, or null");
    return read === undefined ? read : { type: "set-user", user: read };
  },

  "set-brand"({ brand }, reader) {
    const given = reader.object(brand, "brand", ["accent", "bubble", "radius", "font"]);
    const { accent, bubble, radius, font } = given;
    const read: Brand = defined({
      accent: accent === undefined ? accent : readColor(accent, "brand.accent", reader),
      bubble: bubble === undefined ? bubble : readColor(bubble, "brand.bubble", reader),
      radius:
        radius === undefined || (typeof radius === "number" && radius >= 0 && radius <= 24)
          ? radius
          : reader.wrong("brand.radius", "must be a number of pixels from 0 to 24"),
      font: font === undefined || isFont(font) ? font : reader.wrong("brand.font", "must be a list of font families"),
    });
    return { type: "set-brand", brand: read };
  },
};

const searchable = new RegExp(`^.{0,${longestSearch}}$`, "su");

function readColor(value: unknown, path: string, reader: Reader): Brand["accent"] {
  if (!isObject(value)) return isColor(value) ? value : reader.wrong(path, "must be an opaque CSS colour");
  const { light, dark } = reader.object(value, path, ["light", "dark"]);
  if (isColor(light) && isColor(dark)) return { light, dark };
  return reader.wrong(path, "must have an opaque CSS colour as light, and one as dark");
}

/** A colour by itself: none that depends on where it stands, and none that lets through what is behind it. */
function isColor(value: unknown): value is string {
  return typeof value === "string" && value.length <= 100 && CSS.supports("color", value) && rgb(value) !== null;
}

/** Names only: nothing that is fetched or computed. As part of a list no keyword such as `inherit` is valid. */
function isFont(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value.length <= 200 &&
    /^[\p{L}\p{N}\s,'"_-]+$/u.test(value) &&
    CSS.supports("font-family", `${value}, sans-serif`)
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Without what is absent. */
function defined<Values extends object>(values: Values): { [Key in keyof Values]: NonNullable<Values[Key]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
