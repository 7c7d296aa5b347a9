// The calls of Kapso's open Next.js inbox, in its order: it reads everything over again every few seconds.

import { baseUrl, config, finish, load, step } from "./report.mjs";

const { WhatsAppClient, buildKapsoFields } = load(config.package);
const api = baseUrl("/meta/whatsapp");
const client = new WhatsAppClient({ baseUrl: api, kapsoApiKey: config.key, graphVersion: "v24.0" });

async function discover() {
  const found = [];
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const url = new URL("/platform/v1/whatsapp/phone_numbers", api);
    url.searchParams.set("page", String(page));
    url.searchParams.set("per_page", "100");
    const response = await fetch(url, { headers: { "X-API-Key": config.key } });
    const body = await response.json();
    if (!response.ok) throw new Error(JSON.stringify(body));
    found.push(...body.data);
    pages = body.meta.total_pages;
  }
  return found.filter((number) => number.status === "CONNECTED" && number.inbound_processing_enabled !== false);
}

const numbers = await step("numbers", discover);
const number = numbers.find((one) => one.phone_number_id === config.phoneNumberId);
const phoneNumberId = number.phone_number_id;
const businessAccountId = number.business_account_id;

const listed = await step("conversations", () =>
  client.conversations.list({
    phoneNumberId,
    limit: 100,
    fields: buildKapsoFields([
      "contact_name",
      "messages_count",
      "last_message_type",
      "last_message_text",
      "last_inbound_at",
      "last_outbound_at",
    ]),
  }),
);
const conversation = listed.data[0];
const to = { phoneNumberId, to: conversation.phoneNumber };

const thread = () =>
  client.messages.listByConversation({
    phoneNumberId,
    conversationId: conversation.id,
    limit: 100,
    fields: buildKapsoFields(),
  });

await step("send text", () => client.messages.sendText({ ...to, body: "Hello", contextMessageId: config.question }));
const file = new File([Buffer.from(config.picture, "base64")], "lamp.png", { type: "image/png" });
const uploaded = await step("upload", () =>
  client.media.upload({ phoneNumberId, type: "image", file, fileName: file.name }),
);
await step("send file", () => client.messages.sendImage({ ...to, image: { id: uploaded.id, caption: "The lamp" } }));
await step("send buttons", () =>
  client.messages.sendInteractiveButtons({
    ...to,
    header: { type: "text", text: "Your order" },
    bodyText: "Shall we go on?",
    buttons: [{ id: "yes", title: "Yes" }],
  }),
);

const templates = await step("templates", () => client.templates.list({ businessAccountId, limit: 100 }));
const template = templates.data.find((one) => one.name === "order_update" && one.language === "en_US");
// The app names every parameter, those by position too.
await step("send template", () =>
  client.messages.sendTemplate({
    ...to,
    template: {
      name: template.name,
      language: { code: template.language },
      components: [
        { type: "header", parameters: [{ type: "text", text: "A-7", parameter_name: "header_param_1" }] },
        {
          type: "body",
          parameters: [
            { type: "text", text: "Ana", parameter_name: "body_param_1" },
            { type: "text", text: "A-7", parameter_name: "body_param_2" },
          ],
        },
        {
          type: "button",
          sub_type: "url",
          index: 1,
          parameters: [{ type: "text", text: "A-7", parameter_name: "button_0_param_1" }],
        },
      ],
    },
  }),
);

const shown = await step("thread", thread);
const mediaId = shown.data.find((one) => one.kapso.direction === "inbound" && one.image).image.id;
const described = await step("media", () => client.media.get({ mediaId, phoneNumberId }));
await step("picture", async () => {
  const response = await fetch(described.url);
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, type: response.headers.get("content-type"), bytes: bytes.toString("base64") };
});

finish();
