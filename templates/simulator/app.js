// One phone: which customer holds it, which business number it writes to, and what comes in.

import { addUser, getClock, getMessages, getNumbers, getUsers, listen, makeCall, send } from "./api.js";
import { drawHead, drawThread, put, setTyping, startChat } from "./chat.js";
import { edit, quote, startComposer } from "./composer.js";
import { byId, element, openAt } from "./dom.js";
import { clockTime, now, setClock } from "./format.js";
import { drawPeople } from "./people.js";

const TROUBLE_SHOWN_MS = 6000;

const chat = { waId: null, phoneNumberId: null };
let numbers = [];
let users = new Map();
let stream = null;
// For each time that the open chat's messages are being asked for: what comes meanwhile, and may be missing among them.
const waiting = new Set();
let typingEnds = 0;
let troubleEnds = 0;

const number = () => numbers.find((known) => known.phone_number_id === chat.phoneNumberId);
const isSame = (one, other) => one.waId === other.waId && one.phoneNumberId === other.phoneNumberId;
const isOpen = (event) => event.wa_id === chat.waId && event.phone_number_id === chat.phoneNumberId;
const redrawPeople = () => drawPeople(users, chat, choose);

async function load() {
  const [foundNumbers, foundUsers, clock] = await Promise.all([getNumbers(), getUsers(), getClock()]);
  numbers = foundNumbers;
  users = new Map(foundUsers.map((user) => [user.wa_id, user]));
  setClock(clock.now);
  byId("number").replaceChildren(
    ...numbers.map(({ phone_number_id: id, verified_name: name }) => element("option", { value: id }, name)),
  );
  // The address says who is who, so that a reload or a link comes back to the same chat.
  const [waId, phoneNumberId] = location.hash.slice(1).split("@");
  chat.phoneNumberId = numbers.some((known) => known.phone_number_id === phoneNumberId)
    ? phoneNumberId
    : numbers[0].phone_number_id;
  byId("number").value = chat.phoneNumberId;
  await choose(users.has(waId) ? waId : null);
}

async function choose(waId) {
  chat.waId = waId;
  const user = users.get(waId);
  byId("chat").hidden = !user;
  byId("no-chat").hidden = Boolean(user);
  document.body.dataset.view = user ? "chat" : "people";
  history.replaceState(null, "", user ? `#${waId}@${chat.phoneNumberId}` : location.pathname);
  quote(null);
  connect();
  redrawPeople();
  if (!user) return;
  drawHead(number(), user);
  setTyping(false, number());
  if (matchMedia("(hover: hover)").matches) byId("text").focus();
}

async function reloadThread() {
  const wanted = { ...chat };
  const request = { wanted, arrived: [] };
  waiting.add(request);
  const loaded = await getMessages(wanted).finally(() => waiting.delete(request));
  if (!isSame(wanted, chat)) return;
  if (users.get(chat.waId).chats[chat.phoneNumberId]) users.get(chat.waId).chats[chat.phoneNumberId].unread = 0;
  drawThread(loaded);
  request.arrived.forEach(put);
  redrawPeople();
}

// A chat on a hidden page is not being read, so the stream names it only while the page can be seen. What the chat holds
// is asked for once the stream is open, so that nothing falls in between.
function connect() {
  stream?.close();
  stream = listen(chat.waId && !document.hidden ? chat : null, receive, guarded(catchUp));
}

async function catchUp() {
  if (users.has(chat.waId) && !document.hidden) await reloadThread();
}

function receive(event) {
  switch (event.type) {
    case "message": return receiveMessage(event);
    case "user":
      users.set(event.user.wa_id, event.user);
      return redrawPeople();
    case "typing":
      if (isOpen(event)) showTyping(event.seconds);
      return undefined;
    case "clock":
      setClock(event.now);
      return tick();
    default: return guarded(load)();
  }
}

function receiveMessage(event) {
  const user = users.get(event.wa_id);
  if (!user) return loadUsersSoon();
  const { message } = event;
  const known = user.chats[event.phone_number_id] || { unread: 0 };
  const isNew = !known.last_message || message.timestamp >= known.last_message.timestamp;
  const first = message.direction === "outbound" && known.last_message?.key !== message.key;
  user.chats[event.phone_number_id] = {
    last_message: isNew ? message : known.last_message,
    unread: first && isNew && message.type !== "call" && !isOpen(event) ? known.unread + 1 : known.unread,
  };
  if (isOpen(event)) {
    if (message.direction === "outbound") showTyping(0);
    put(message);
    for (const { wanted, arrived } of waiting) if (isSame(wanted, chat)) arrived.push(message);
  }
  return redrawPeople();
}

function showTyping(seconds) {
  clearTimeout(typingEnds);
  setTyping(seconds > 0, number());
  if (seconds > 0) typingEnds = setTimeout(() => setTyping(false, number()), seconds * 1000);
}

let usersLoading = null;
function loadUsersSoon() {
  usersLoading ??= setTimeout(guarded(async () => {
    usersLoading = null;
    users = new Map((await getUsers()).map((user) => [user.wa_id, user]));
    redrawPeople();
  }), 500);
}

function tick() {
  byId("phone-time").textContent = clockTime(now());
}

function guarded(run) {
  return async (...given) => {
    try {
      await run(...given);
    } catch (error) {
      byId("trouble").textContent = error.message;
      byId("trouble").hidden = false;
      clearTimeout(troubleEnds);
      troubleEnds = setTimeout(() => { byId("trouble").hidden = true; }, TROUBLE_SHOWN_MS);
    }
  };
}

const sendMessage = guarded((message) => send(chat, message));

startChat({ answer: sendMessage, quote, edit });
startComposer(sendMessage);
byId("number").addEventListener("change", guarded(async (event) => {
  chat.phoneNumberId = event.target.value;
  await choose(chat.waId);
}));
byId("back").addEventListener("click", guarded(() => choose(null)));
byId("call").addEventListener("click", () => openAt(byId("call-menu"), byId("call"), true));
for (const button of byId("call-menu").querySelectorAll("button")) {
  button.addEventListener("click", guarded(async () => {
    byId("call-menu").hidePopover();
    await makeCall(chat, button.dataset.outcome);
  }));
}
byId("add").addEventListener("click", () => byId("add-dialog").showModal());
byId("add-cancel").addEventListener("click", () => byId("add-dialog").close());
byId("add-form").addEventListener("submit", guarded(async () => {
  const user = await addUser(byId("add-name").value.trim(), byId("add-phone").value);
  byId("add-form").reset();
  users.set(user.wa_id, user);
  await choose(user.wa_id);
}));
document.addEventListener("visibilitychange", connect);
setInterval(tick, 5000);
guarded(load)().then(tick);
