import { t } from "../i18n";
import { safeHref } from "../richtext";
import type { Interactive } from "../types";
import { Answer, Text } from "./MessageContent";
import { SafeLink } from "./RichText";

/** An answer that a customer chose, or the question with buttons or a list that was sent to them. */
export function InteractiveContent({ interactive }: { interactive: Interactive }) {
  const { button_reply, list_reply, nfm_reply, header, body, footer } = interactive;
  const reply = button_reply ?? list_reply;
  if (reply?.title) return <Answer title={reply.title} description={list_reply?.description} />;
  if (nfm_reply) return <Answer title={t("content.flow")} description={nfm_reply.body} />;
  return (
    <>
      {header?.text && (
        <strong class="text" dir="auto">
          {header.text}
        </strong>
      )}
      <Text body={body?.text || t("content.interactive")} />
      {footer?.text && (
        <small class="text" dir="auto">
          {footer.text}
        </small>
      )}
      <Choices interactive={interactive} />
    </>
  );
}

function Choices({ interactive: { action } }: { interactive: Interactive }) {
  const link = action?.parameters?.url ? safeHref(action.parameters.url) : null;
  const titles = [
    ...(action?.buttons?.map((button) => button.reply?.title) ?? []),
    ...(action?.sections?.flatMap((section) => section.rows?.map((row) => row.title)) ?? []),
  ].filter((title) => title !== undefined);
  if (link) return <SafeLink href={link}>{action?.parameters?.display_text || link}</SafeLink>;
  if (titles.length === 0) return null;
  return (
    <ul class="choices">
      {titles.map((title) => (
        <li key={title} dir="auto">
          {title}
        </li>
      ))}
    </ul>
  );
}
