// Times, previews and WhatsApp's own marks in text.

import { element } from "./dom.js";

let displacement = 0;

// The simulated clock may be days away from this computer's.
export function setClock(unixSeconds) {
  displacement = unixSeconds * 1000 - Date.now();
}

export const now = () => new Date(Date.now() + displacement);

const timeFormat = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const weekdayFormat = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const dateFormat = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const shortDateFormat = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "numeric", year: "2-digit" });

export const clockTime = (date) => timeFormat.format(date);
export const messageDate = (message) => new Date(message.timestamp * 1000);

function daysAgo(date) {
  const midnight = (day) => new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
  return Math.round((midnight(now()) - midnight(date)) / 86_400_000);
}

export function dayName(date) {
  const days = daysAgo(date);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return days > 1 && days < 7 ? weekdayFormat.format(date) : dateFormat.format(date);
}

export function listTime(date) {
  const days = daysAgo(date);
  if (days === 0) return clockTime(date);
  return days === 1 ? "Yesterday" : shortDateFormat.format(date);
}

export const KINDS = {
  image: "Photo", video: "Video", audio: "Voice message", document: "Document", sticker: "Sticker",
  location: "Location", contacts: "Contact", order: "Order", unsupported: "Message",
};

// What became of a call, as the customer's phone keeps it.
export function callWords({ direction, outcome, duration }) {
  if (outcome === "ringing") return "Voice call, ringing";
  if (outcome === "completed") return `Voice call, ${durationWords(duration)}`;
  if (direction === "USER_INITIATED") return "Voice call, not answered";
  return outcome === "rejected" ? "Voice call, declined" : "Missed voice call";
}

const durationWords = (seconds) => (seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`);

export const deletedWords = (message) =>
  message.direction === "inbound" ? "You deleted this message" : "This message was deleted";

// One line that says what a message is.
export const preview = (message) => plainText(words(message));

function words(message) {
  if (message.revoked) return deletedWords(message);
  const content = message[message.type] || {};
  switch (message.type) {
    case "text": return content.body || "";
    case "template": return message.rendered?.body || content.name || "Template";
    case "button": return content.text || "";
    case "call": return callWords(content);
    case "document": return content.filename || content.caption || KINDS.document;
    case "interactive":
      return content.body?.text || content.button_reply?.title || content.list_reply?.title || "Message";
    default: return content.caption || KINDS[message.type] || message.type;
  }
}

const MARKS = { "*": "strong", _: "em", "~": "s" };
const PATTERN = /```([^]+?)```|(?<![\p{L}\p{N}])([*_~])(?=\S)(.+?)(?<=\S)\2(?![\p{L}\p{N}])|(https?:\/\/[^\s<>"]+)/gu;

// Text with bold, italic, struck-out and monospaced parts, and links, as nodes.
export function richText(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(PATTERN)) {
    nodes.push(text.slice(end, found.index));
    const [whole, code, mark, inner, url] = found;
    if (code) nodes.push(element("code", {}, code));
    else if (mark) nodes.push(element(MARKS[mark], {}, ...richText(inner)));
    else nodes.push(link(url, url));
    end = found.index + whole.length;
  }
  return [...nodes, text.slice(end)].filter((node) => node !== "");
}

function plainText(text) {
  return text.replace(PATTERN, (whole, code, mark, inner) => code || (mark ? plainText(inner) : whole));
}

export function link(url, text, attributes = {}) {
  const safe = /^https?:\/\//i.test(url);
  return element("a", { ...attributes, href: safe ? url : null, target: "_blank", rel: "noopener noreferrer" }, text);
}
