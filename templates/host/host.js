// What the company's own page makes of what the inbox tells it: a badge, the tab's title, and who writes right now.
const inbox = document.getElementById("inbox");
const badge = document.getElementById("unread");
const news = document.getElementById("news");
const title = document.title;
const calm = news.textContent;
let hushed;

inbox.addEventListener("unread", ({ detail: { count, more } }) => {
  const shown = more || count > 99 ? "99+" : String(count);
  badge.textContent = count > 0 ? shown : "";
  badge.setAttribute("aria-label", count > 0 ? `${shown} unread` : "");
  document.title = count > 0 ? `(${shown}) ${title}` : title;
});

inbox.addEventListener("message-received", ({ detail: { contact } }) => say(`${contact.name} has just written`));
inbox.addEventListener("handoff-requested", ({ detail: { contact } }) => say(`${contact.name} waits for a person`));

function say(text) {
  clearTimeout(hushed);
  news.textContent = text;
  hushed = setTimeout(() => {
    news.textContent = calm;
  }, 8_000);
}
