// The open chat: bubbles in order, with ticks, quotes, reactions and day separators.

import { avatar, byId, element, icon, openAt } from "./dom.js";
import { contentOf } from "./content.js";
import { clockTime, dayName, messageDate, now, preview } from "./format.js";

const EMOJI = ["👍", "❤️", "😂", "😮", "🙏"];
const ONE_TICK = "M6 12.500l4 4 8-9";
const TWO_TICKS = "M2.5 12.500l4 4 8-9M11.5 16l.5.5 8-9";
const DOTS = "M6 12h.010M12 12h.010M18 12h.010";
const NEAR_END = 80;
// How long WhatsApp lets a person change or delete what they sent.
const EDIT_MS = 15 * 60_000;
const DELETE_MS = 2 * 86_400_000;
const WITH_CAPTION = ["image", "video", "document"];

const thread = byId("thread");
let messages = [];
let nodes = new Map();
let hooks;
let sticking = true;

// `answer(message)` sends as the customer; `quote(message)` starts an answer to one message, and `edit(message)` a new
// wording of one's own.
export function startChat(given) {
  hooks = given;
  thread.addEventListener("scroll", showWayToEnd, { passive: true });
  // A picture or video has no height until it is there; whoever was at the end stays there.
  for (const there of ["load", "loadedmetadata"]) thread.addEventListener(there, () => sticking && toEnd(), true);
  byId("to-end").addEventListener("click", toEnd);
  byId("list-cancel").addEventListener("click", () => byId("list-dialog").close());
}

export function drawHead(number, user) {
  avatar(byId("business-avatar"), number.verified_name);
  byId("business-name").textContent = number.verified_name;
  byId("holder").textContent = `as ${user.name}`;
  thread.dataset.empty = `Say hello to ${number.verified_name}.`;
}

export function setTyping(typing, number) {
  byId("business-line").textContent = typing ? "typing…" : number.display_phone_number;
  byId("business-line").classList.toggle("typing", typing);
}

export function drawThread(loaded) {
  messages = loaded;
  nodes = new Map();
  // A whole chat is not news: only what comes later is read out.
  thread.setAttribute("aria-live", "off");
  layOut();
  toEnd();
  requestAnimationFrame(() => thread.setAttribute("aria-live", "polite"));
}

// Adds a message, or draws a changed one again.
export function put(message) {
  const atEnd = isAtEnd();
  const index = messages.findIndex((known) => known.key === message.key);
  if (index >= 0) {
    messages[index] = message;
    nodes.get(message.key)?.replaceWith(remember(message, messages[index - 1]));
  } else {
    const last = messages.at(-1);
    messages.push(message);
    if (last && last.timestamp > message.timestamp) {
      messages.sort((a, b) => a.timestamp - b.timestamp);
      layOut();
    } else {
      thread.append(...withDay(message, last));
      nodes.get(message.key).classList.add("fresh");
    }
  }
  if (atEnd || (index < 0 && message.direction === "inbound")) toEnd();
  else showWayToEnd();
}

function layOut() {
  thread.replaceChildren(...messages.flatMap((message, index) => withDay(message, messages[index - 1])));
}

function withDay(message, before) {
  const day = dayName(messageDate(message));
  const node = remember(message, before);
  return before && dayName(messageDate(before)) === day ? [node] : [element("p", { class: "day" }, day), node];
}

function remember(message, before) {
  const node = bubble(message, before);
  nodes.set(message.key, node);
  return node;
}

function bubble(message, before) {
  const ours = message.direction === "inbound";
  const emoji = Object.values(message.reactions).filter(Boolean);
  const classes = ["bubble", ours ? "ours" : "theirs", message.type];
  if (before && before.direction !== message.direction) classes.push("turn");
  if (emoji.length) classes.push("reacted");
  if (message.revoked) classes.push("gone");
  const about = { context: { message_id: message.wamid } };
  const answer = (reply) => hooks.answer({ ...reply, ...about });
  const node = element(
    "article",
    { class: classes.join(" "), "aria-label": ours ? "You" : "The business" },
    quote(message),
    ...contentOf(message, { answer, openList }),
    emoji.length ? element("span", { class: "reactions", "aria-label": "Reactions" }, emoji.join(" ")) : null,
    message.revoked || message.type === "call" ? null : moreButton(message),
  );
  // The time belongs to what was said; the buttons come below it.
  const below = node.querySelector(":scope > .replies, :scope > .reactions, :scope > .more");
  node.insertBefore(meta(message, ours), below);
  return node;
}

function quote(message) {
  if (!message.context) return null;
  const target = messages.find((known) => known.key === message.context.key);
  return element("div", { class: "quote" }, target ? preview(target) : "An earlier message");
}

function meta(message, ours) {
  return element(
    "div",
    { class: "meta" },
    message.edited && !message.revoked ? "edited" : null,
    element("time", { datetime: messageDate(message).toISOString() }, clockTime(messageDate(message))),
    ours && message.type !== "call" && !message.revoked ? ticks(message) : null,
  );
}

function ticks(message) {
  const names = message.statuses.map((status) => status.status);
  const name = ["read", "delivered", "sent"].find((known) => names.includes(known)) || "sent";
  const marks = element("span", { class: `ticks ${name}`, role: "img", "aria-label": name });
  marks.append(icon(name === "sent" ? ONE_TICK : TWO_TICKS, 15));
  return marks;
}

function moreButton(message) {
  const label = `${message.direction === "inbound" ? "Change or quote" : "Answer"}: ${preview(message).slice(0, 60)}`;
  const button = element("button", { type: "button", class: "icon-button more", "aria-label": label }, icon(DOTS));
  button.addEventListener("click", () => openActions(button, message));
  return button;
}

function openActions(button, message) {
  const actions = byId("actions");
  const done = (run) => () => {
    actions.hidePopover();
    run();
  };
  const word = (label, run) => element("button", { type: "button", class: "text-button", onclick: done(run) }, label);
  const react = (emoji) => hooks.answer({ type: "reaction", reaction: { message_id: message.wamid, emoji } });
  const offered = message.direction === "inbound" ? [] : EMOJI;
  actions.replaceChildren(
    ...offered.map((emoji) => {
      const taken = message.reactions.customer === emoji;
      const label = taken ? `Take back ${emoji}` : `React with ${emoji}`;
      const onclick = done(() => react(taken ? "" : emoji));
      return element("button", { type: "button", "aria-label": label, "aria-pressed": String(taken), onclick }, emoji);
    }),
    word("Reply", () => hooks.quote(message)),
    ...(isEditable(message) ? [word("Edit", () => hooks.edit(message))] : []),
    ...(isDeletable(message) ? [word("Delete", () => remove(message))] : []),
  );
  openAt(actions, button);
}

const age = (message) => now() - messageDate(message);
const isEditable = (message) =>
  message.direction === "inbound" && age(message) < EDIT_MS &&
  (message.type === "text" || (WITH_CAPTION.includes(message.type) && Boolean(message[message.type].caption)));
const isDeletable = (message) => message.direction === "inbound" && age(message) < DELETE_MS;

function remove(message) {
  hooks.answer({ type: "revoke", revoke: { original_message_id: message.wamid } });
}

function openList(action, onChoose) {
  const dialog = byId("list-dialog");
  byId("list-title").textContent = action.button;
  byId("list-rows").replaceChildren(
    ...action.sections.flatMap((section) => [
      section.title ? element("h3", { class: "list-section" }, section.title) : "",
      ...section.rows.map((row) => {
        const onclick = () => {
          dialog.close();
          onChoose(row);
        };
        const line = row.description ? element("span", { class: "small" }, row.description) : null;
        return element("button", { type: "button", class: "list-row", onclick }, element("span", {}, row.title), line);
      }),
    ]),
  );
  dialog.showModal();
}

const isAtEnd = () => thread.scrollHeight - thread.scrollTop - thread.clientHeight < NEAR_END;

function toEnd() {
  thread.scrollTop = thread.scrollHeight;
  showWayToEnd();
}

function showWayToEnd() {
  sticking = isAtEnd();
  byId("to-end").hidden = sticking;
}
