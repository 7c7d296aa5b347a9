// Calls the npm package @kapso/whatsapp-cloud-api as its users do, and prints what each call came to.

import { baseUrl, config, finish, load, step } from "./report.mjs";

const { WhatsAppClient, buildKapsoFields, buildTemplateSendPayload } = load(config.package);
const client = new WhatsAppClient({ baseUrl: baseUrl("/meta/whatsapp"), kapsoApiKey: config.key });
const { phoneNumberId, businessAccountId } = config;
const to = { phoneNumberId, to: config.customer };
const { messages, conversations, contacts, media, templates, phoneNumbers } = client;

const picture = Buffer.from(config.picture, "base64");
const uploaded = await step("upload", () =>
  media.upload({ phoneNumberId, type: "image", file: new Blob([picture], { type: "image/png" }), fileName: "lamp.png" }),
);
await step("media", () => media.get({ mediaId: uploaded.id, phoneNumberId }));
await step("download", async () =>
  Buffer.from(await media.download({ mediaId: uploaded.id, phoneNumberId })).toString("base64"),
);

const sends = {
  text: () => messages.sendText({ ...to, body: "Hello", previewUrl: false }),
  reply: () => messages.sendText({ ...to, body: "It is.", contextMessageId: config.question }),
  image: () => messages.sendImage({ ...to, image: { id: uploaded.id, caption: "The lamp" } }),
  video: () => messages.sendVideo({ ...to, video: { link: "https://shop.example/lamp.mp4" } }),
  audio: () => messages.sendAudio({ ...to, audio: { link: "https://shop.example/hi.ogg" } }),
  document: () =>
    messages.sendDocument({ ...to, document: { link: "https://shop.example/bill.pdf", filename: "bill.pdf" } }),
  sticker: () => messages.sendSticker({ ...to, sticker: { link: "https://shop.example/wave.webp" } }),
  location: () => messages.sendLocation({ ...to, location: { latitude: 19.43, longitude: -99.13, name: "The shop" } }),
  contacts: () =>
    messages.sendContacts({
      ...to,
      contacts: [
        { name: { formattedName: "Ana Ribeiro", firstName: "Ana" }, phones: [{ phone: "+15550100", waId: "15550100" }] },
      ],
    }),
  buttons: () =>
    messages.sendInteractiveButtons({
      ...to,
      header: { type: "text", text: "Your order" },
      bodyText: "Shall we go on?",
      footerText: "Alder & Finch",
      buttons: [
        { id: "yes", title: "Yes" },
        { id: "no", title: "No" },
      ],
    }),
  list: () =>
    messages.sendInteractiveList({
      ...to,
      bodyText: "When shall we come?",
      buttonText: "Times",
      sections: [{ title: "Friday", rows: [{ id: "f10", title: "10:00", description: "Morning" }] }],
    }),
  link: () =>
    messages.sendInteractiveCtaUrl({
      ...to,
      bodyText: "Everything is in the shop.",
      parameters: { displayText: "Open", url: "https://shop.example" },
    }),
  template: () =>
    messages.sendTemplate({
      ...to,
      template: {
        name: "order_update",
        language: { code: "es_MX" },
        components: [
          { type: "header", parameters: [{ type: "text", text: "A-7" }] },
          {
            type: "body",
            parameters: [
              { type: "text", text: "Ana" },
              { type: "text", text: "A-7" },
            ],
          },
          { type: "button", subType: "url", index: "1", parameters: [{ type: "text", text: "A-7" }] },
        ],
      },
    }),
  named: () => {
    // 0.1 takes parameter_name, later versions parameterName; each leaves out what it does not know.
    const body = Object.entries({ day: "Friday", hour: "10:30", first_name: "Ana" }).map(([name, text]) => ({
      type: "text",
      text,
      parameter_name: name,
      parameterName: name,
    }));
    const template = buildTemplateSendPayload({ name: "appointment_reminder", language: "en_US", body });
    return messages.sendTemplate({ ...to, template });
  },
  raw: () =>
    messages.sendRaw({
      phoneNumberId,
      payload: { messagingProduct: "whatsapp", to: config.customer, type: "text", text: { body: "As it is" } },
    }),
};
// Before 0.2 there was less.
if (!messages.sendInteractiveCtaUrl) delete sends.link;
if (!messages.sendRaw) delete sends.raw;
for (const [kind, send] of Object.entries(sends)) await step(`send ${kind}`, send);
await step("react", () => messages.sendReaction({ ...to, reaction: { messageId: config.question, emoji: "👍" } }));
await step("mark read", () =>
  messages.markRead({ phoneNumberId, messageId: config.question, typingIndicator: { type: "text" } }),
);

const page = await step("history", () => messages.query({ phoneNumberId, limit: 2, fields: buildKapsoFields() }));
await step("older", () => messages.query({ phoneNumberId, limit: 2, after: page.paging.cursors.after }));
await step("inbound", () => messages.query({ phoneNumberId, direction: "inbound" }));
if (messages.get) await step("message", () => messages.get({ phoneNumberId, messageId: config.question }));

const list = await step("conversations", () => conversations.list({ phoneNumberId, status: "active", limit: 100 }));
const conversationId = list.data[0].id;
await step("thread", () => messages.listByConversation({ phoneNumberId, conversationId, limit: 100 }));
await step("conversation", () => conversations.get({ conversationId }));
await step("end", () => conversations.updateStatus({ conversationId, status: "ended" }));
await step("ended", () => conversations.list({ phoneNumberId, status: "ended" }));
await step("reopen", () => conversations.updateStatus({ conversationId, status: "active" }));

await step("contacts", () => contacts.list({ phoneNumberId, hasCustomer: false, limit: 10 }));
await step("update contact", () =>
  contacts.update({ phoneNumberId, waId: config.customer, displayName: "Ana R.", metadata: { tier: "gold" } }),
);
await step("contact", () => contacts.get({ phoneNumberId, waId: config.customer }));

await step("templates", () => templates.list({ businessAccountId, limit: 100 }));
await step("approved", () => templates.list({ businessAccountId, name: "order_update", status: "APPROVED" }));
const created = await step("create template", () =>
  templates.create({
    businessAccountId,
    name: "thanks",
    language: "en_US",
    category: "UTILITY",
    components: [{ type: "BODY", text: "Thank you." }],
  }),
);
if (templates.get)
  await step("template", () => templates.get({ businessAccountId, templateId: created.id }));
await step("delete template", () => templates.delete({ businessAccountId, name: "thanks", language: "en_US" }));

await step("request code", () => phoneNumbers.requestCode({ phoneNumberId, codeMethod: "SMS", language: "en_US" }));
await step("verify code", () => phoneNumbers.verifyCode({ phoneNumberId, code: "123456" }));
await step("register", () => phoneNumbers.register({ phoneNumberId, pin: "123456" }));
await step("deregister", () => phoneNumbers.deregister({ phoneNumberId }));
await step("settings", () => phoneNumbers.settings.get({ phoneNumberId }));
await step("update settings", () => phoneNumbers.settings.update({ phoneNumberId, fallbackLanguage: "en_US" }));
await step("update profile", () =>
  phoneNumbers.businessProfile.update({ phoneNumberId, about: "Lamps since 1988", email: "ana@shop.example" }),
);
await step("profile", () => phoneNumbers.businessProfile.get({ phoneNumberId, fields: "about,email" }));

await step("delete media", () => media.delete({ mediaId: uploaded.id, phoneNumberId }));
await step("deleted media", () => media.get({ mediaId: uploaded.id, phoneNumberId }));

const stranger = new WhatsAppClient({ baseUrl: client.baseUrl, kapsoApiKey: "wrong" });
await step("wrong key", () => stranger.conversations.list({ phoneNumberId }));
await step("window closed", () => messages.sendText({ ...to, to: "15550199", body: "Are you there?" }));
await step("no such template", () =>
  messages.sendTemplate({ ...to, template: { name: "no_such", language: { code: "en_US" } } }),
);
await step("wrong message", () =>
  client.request("POST", `${phoneNumberId}/messages`, { body: { messagingProduct: "whatsapp" }, responseType: "json" }),
);
await step("no such number", () => messages.query({ phoneNumberId: "1" }));
await step("no such conversation", () =>
  conversations.get({ conversationId: "00000000-0000-4000-8000-000000000000" }),
);
await step("calls", () => client.calls.list({ phoneNumberId }));
await step("wrong cursor", () => messages.query({ phoneNumberId, after: "not a cursor" }));

finish();
