// What is inside a bubble, by the type of the message.

import { element, icon } from "./dom.js";
import { KINDS, callWords, deletedWords, link, richText } from "./format.js";

const PIN = "M12 21s-6-5.3-6-11a6 6 0 0 1 12 0c0 5.7-6 11-6 11zM12 8v4";
const PAGE = "M7 3h7l4 4v14H7zM14 3v4h4";
const PERSON = "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 20c1-4 4-5 8-5s7 1 8 5";
const PHONE = "M5 4h4l2 5-2.500 1.500a11 11 0 0 0 5 5L15 13l5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 3 6a2 2 0 0 1 2-2z";
const PICTURE = "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4";

const paragraph = (text, className) => (text ? element("p", { class: className }, ...richText(text)) : null);

function card(path, title, line, href) {
  const inside = [
    icon(path, 24),
    element("span", {}, element("span", { class: "strong" }, title), line && element("span", { class: "small" }, line)),
  ];
  return href
    ? element("a", { class: "card", href, target: "_blank", rel: "noopener noreferrer" }, ...inside)
    : element("div", { class: "card" }, ...inside);
}

// A file by its id comes from the simulator; one by link stays where it is, since the page loads nothing from elsewhere.
function file(kind, content) {
  if (!content.id) {
    return card(kind === "document" ? PAGE : PICTURE, content.filename || KINDS[kind], content.link, content.link);
  }
  const source = `/_sim/media/${encodeURIComponent(content.id)}`;
  switch (kind) {
    case "image": case "sticker": return picture(kind, source);
    case "video": return element("video", { src: source, controls: true, preload: "metadata" });
    case "audio": return element("audio", { src: source, controls: true, preload: "metadata" });
    default: return card(PAGE, content.filename || "Document", content.mime_type, source);
  }
}

// WhatsApp forgets old files; what is left is the word for it.
function picture(kind, source) {
  const image = element("img", { src: source, alt: KINDS[kind], loading: "lazy" });
  image.addEventListener("error", () => image.replaceWith(card(PICTURE, KINDS[kind])), { once: true });
  return image;
}

function header(part) {
  if (!part) return null;
  return part.type === "text" ? paragraph(part.text, "strong") : file(part.type, part[part.type]);
}

// The business's buttons. `answer(message)` sends what tapping one of them sends.
function replies(buttons) {
  return buttons.length ? element("div", { class: "replies" }, ...buttons) : null;
}

function replyButton(title, onTap) {
  return element("button", { type: "button", class: "reply", onclick: onTap }, title);
}

function templateButtons(rendered, answer) {
  return (rendered.buttons || []).map((button) =>
    button.type === "quick_reply"
      ? replyButton(button.text, () => answer({ type: "button", button: { payload: button.payload, text: button.text } }))
      : link(button.url || "", button.text, { class: "reply" }),
  );
}

function interactiveButtons(content, answer, openList) {
  const { action = {}, type } = content;
  const reply = (interactive) => answer({ type: "interactive", interactive });
  switch (type) {
    case "button":
      return action.buttons.map(({ reply: button }) =>
        replyButton(button.title, () => reply({ type: "button_reply", button_reply: button })));
    case "list":
      return [replyButton(action.button, () => openList(action, (row) => reply({ type: "list_reply", list_reply: row })))];
    case "cta_url":
      return [link(action.parameters.url, action.parameters.display_text, { class: "reply" })];
    case "location_request_message":
      return [replyButton("Send location", () =>
        answer({ type: "location", location: { latitude: 19.4326, longitude: -99.1332, name: "Zócalo" } }))];
    default:
      return action.parameters?.flow_cta ? [element("span", { class: "reply" }, action.parameters.flow_cta)] : [];
  }
}

function interactive(content, hooks) {
  const chosen = content.button_reply || content.list_reply;
  if (chosen) return [paragraph(chosen.title), paragraph(chosen.description, "small")];
  return [
    header(content.header),
    paragraph(content.body?.text),
    paragraph(content.footer?.text, "small"),
    replies(interactiveButtons(content, hooks.answer, hooks.openList)),
  ];
}

function template(content, rendered, hooks) {
  if (!rendered) return [paragraph(content?.name, "small")];
  return [
    header(rendered.header),
    paragraph(rendered.body),
    paragraph(rendered.footer, "small"),
    replies(templateButtons(rendered, hooks.answer)),
  ];
}

export function contentOf(message, hooks) {
  if (message.revoked) return [element("p", {}, deletedWords(message))];
  const content = message[message.type] || {};
  switch (message.type) {
    case "text": return [paragraph(content.body)];
    case "image": case "video": case "audio": case "document": case "sticker":
      return [file(message.type, content), paragraph(content.caption)];
    case "location":
      return [card(PIN, content.name || "Location", content.address || `${content.latitude}, ${content.longitude}`)];
    case "contacts":
      return [...content].map((contact) => card(PERSON, contact.name?.formatted_name, contact.phones?.[0]?.phone));
    case "interactive": return interactive(content, hooks);
    case "button": return [paragraph(content.text)];
    case "call": return [card(PHONE, callWords(content))];
    case "template": return template(content, message.rendered, hooks);
    default: return [paragraph(`(${message.type})`, "small")];
  }
}
