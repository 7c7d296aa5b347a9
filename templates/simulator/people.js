// The list of customers: whose phone to hold.

import { avatar, byId, element } from "./dom.js";
import { listTime, messageDate, preview } from "./format.js";

// A load test may make thousands; nobody scrolls so far.
const SHOWN = 200;

const lastOf = (user, number) => user.chats[number]?.last_message;

export function drawPeople(users, chat, onChoose) {
  const number = chat.phoneNumberId;
  const newestFirst = (a, b) => (lastOf(b, number)?.timestamp || 0) - (lastOf(a, number)?.timestamp || 0);
  const shown = [...users.values()].sort(newestFirst).slice(0, SHOWN);
  const list = byId("people");
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.waId : null;
  list.replaceChildren(...shown.map((user) => row(user, chat, onChoose)));
  list.querySelector(`[data-wa-id="${CSS.escape(focused || "")}"]`)?.focus();
  list.hidden = shown.length === 0;
  byId("people-empty").hidden = shown.length > 0;
}

function row(user, chat, onChoose) {
  const { last_message: last, unread = 0 } = user.chats[chat.phoneNumberId] || {};
  const chosen = user.wa_id === chat.waId;
  const prefix = last && last.direction === "inbound" ? "You: " : "";
  const button = element(
    "button",
    {
      type: "button",
      class: "person",
      "data-wa-id": user.wa_id,
      "aria-current": chosen ? "true" : null,
      onclick: () => onChoose(user.wa_id),
    },
    avatar(element("span", { class: "avatar", "aria-hidden": "true" }), user.name),
    element(
      "span",
      { class: "person-text" },
      element(
        "span",
        { class: "person-line" },
        element("span", { class: "person-name" }, user.name),
        last && element("span", { class: "person-time" }, listTime(messageDate(last))),
      ),
      element(
        "span",
        { class: "person-line" },
        element("span", { class: "person-preview" }, last ? prefix + preview(last) : `+${user.wa_id}`),
        unread > 0 && !chosen
          ? element("span", { class: "badge" }, String(unread), element("span", { class: "visually-hidden" }, " unread"))
          : null,
      ),
    ),
  );
  return element("li", {}, button);
}
