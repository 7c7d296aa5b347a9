// The control API, as far as the page needs it.

async function call(method, path, body) {
  const answer = await fetch(`/_sim${path}`, {
    method,
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body ? JSON.stringify(body) : undefined,
  });
  const data = await answer.json();
  if (!answer.ok) throw new Error(data.detail || `The simulator answered ${answer.status}.`);
  return data;
}

export const getNumbers = () => call("GET", "/numbers");
export const getUsers = () => call("GET", "/users");
export const getClock = () => call("GET", "/clock");
export const addUser = (name, phone) => call("POST", "/users", { name, phone });

export function getMessages(chat) {
  return call("GET", `/messages?${query(chat)}`);
}

export function send(chat, message) {
  const body = { phone_number_id: chat.phoneNumberId, ...message };
  return call("POST", `/users/${encodeURIComponent(chat.waId)}/messages`, body);
}

// `outcome` is "completed" or "failed", which is a call that nobody answers.
export function makeCall(chat, outcome) {
  const body = { phone_number_id: chat.phoneNumberId, outcome };
  return call("POST", `/users/${encodeURIComponent(chat.waId)}/calls`, body);
}

// While a stream with a chat is open, the customer counts as looking at it. `onOpen` is for what happened before.
export function listen(chat, onEvent, onOpen) {
  const source = new EventSource(chat ? `/_sim/events?${query(chat)}` : "/_sim/events");
  source.addEventListener("open", onOpen);
  source.addEventListener("message", (event) => onEvent(JSON.parse(event.data)));
  return source;
}

function query(chat) {
  return new URLSearchParams({ phone_number_id: chat.phoneNumberId, wa_id: chat.waId });
}
