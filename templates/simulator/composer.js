// The text box, the file button, and the message that is being answered or worded anew.

import { byId } from "./dom.js";
import { preview } from "./format.js";

let quoted = null;
let edited = null;

// `onSend(message)` gets Meta's inbound object under the key of its type.
export function startComposer(onSend) {
  const text = byId("text");
  const submit = () => {
    const body = text.value.trim();
    if (!body) return;
    text.value = "";
    onSend(edited ? editOf(edited, body) : { type: "text", text: { body }, ...context() });
    quote(null);
  };
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Escape") quote(null);
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  byId("quoting-end").addEventListener("click", () => quote(null));
  byId("attach").addEventListener("click", () => byId("file").click());
  byId("file").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (file) onSend({ ...(await asMessage(file)), ...context() });
    event.target.value = "";
    quote(null);
  });
}

// Starts an answer to a message; null ends what was started.
export function quote(message) {
  // What stood in the box was the old wording, and no draft.
  if (edited) byId("text").value = "";
  edited = null;
  quoted = message;
  show(message, message && preview(message));
}

export function edit(message) {
  quoted = null;
  edited = message;
  show(message, `Edit: ${preview(message)}`);
  const content = message[message.type];
  byId("text").value = content.body ?? content.caption;
}

function show(message, line) {
  byId("quoting").hidden = !message;
  // A file cannot become another one.
  byId("attach").disabled = Boolean(edited);
  if (!message) return;
  byId("quoting-text").textContent = line;
  byId("text").focus();
}

const context = () => (quoted ? { context: { message_id: quoted.wamid } } : {});

function editOf({ wamid, type, [type]: content }, words) {
  const changed = type === "text" ? { body: words } : { ...content, caption: words };
  return { type: "edit", edit: { original_message_id: wamid, message: { type, [type]: changed } } };
}

async function asMessage(file) {
  const family = file.type.split("/")[0];
  const type = ["image", "video", "audio"].includes(family) ? family : "document";
  const data = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1] || "");
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
  const content = { data, mime_type: file.type || "application/octet-stream" };
  if (type === "document") content.filename = file.name;
  return { type, [type]: content };
}
