import { type Answers, chosen } from "../chosen";
import { permissionText } from "../content";
import { type FlowAnswer, flowAnswers } from "../flow";
import { fullTime } from "../format";
import { t } from "../i18n";
import { safeHref } from "../links";
import type { CallPermission, Interactive, Message } from "../types";
import { Chosen } from "./Chosen";
import { Framed } from "./Framed";
import { FormIcon, ListIcon, PhoneIcon } from "./icons";
import { HeaderFile } from "./MediaCard";
import { Answer } from "./MessageContent";
import { SafeLink, Text } from "./RichText";

/** An answer that a customer chose, or the question with buttons or a list that was sent to them. */
export function InteractiveContent({ message, interactive }: { message: Message; interactive: Interactive }) {
  const { button_reply, list_reply, nfm_reply, call_permission_reply, header, body, footer } = interactive;
  const reply = button_reply ?? list_reply;
  if (reply?.title) return <Answer title={reply.title} description={list_reply?.description} />;
  if (nfm_reply) return <Form answers={flowAnswers(nfm_reply.response_json)} otherwise={nfm_reply.body} />;
  if (call_permission_reply) return <Permission permission={call_permission_reply} />;
  return (
    <>
      <HeaderFile message={message} type={header?.type} />
      <Framed header={header?.text} footer={footer?.text}>
        <Text body={body?.text || t("content.interactive")} />
      </Framed>
      <Choices interactive={interactive} chosen={chosen.value.get(message.id)} />
    </>
  );
}

/** What a customer filled in; where that cannot be read, what Meta says in its place. */
function Form({ answers, otherwise }: { answers: FlowAnswer[]; otherwise: string | undefined }) {
  return (
    <>
      <div class="card">
        <span class="card-icon">
          <FormIcon />
        </span>
        <span class="card-body">
          <span class="card-title">{t("content.flow")}</span>
          {answers.length === 0 && otherwise && <small dir="auto">{otherwise}</small>}
        </span>
      </div>
      {answers.length > 0 && (
        <dl class="form">
          {answers.map(([name, value], index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a form's answers never move
            <div key={index}>
              <dt>
                <bdi>{name}</bdi>
              </dt>
              <dd>
                <Text body={value} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </>
  );
}

/** The answer to the request to call them; it holds for good, or until a time in unix seconds. */
function Permission({ permission }: { permission: CallPermission }) {
  const { response, is_permanent, expiration_timestamp } = permission;
  const until = Number(expiration_timestamp ?? Number.NaN) * 1000;
  const limited = response === "accept" && is_permanent !== true && until > 0 && until < 8.64e15;
  return (
    <div class="card">
      <span class="card-icon">
        <PhoneIcon />
      </span>
      <span class="card-body">
        <span class="card-title">{permissionText(response)}</span>
        {limited && <small>{t("content.callsUntil", { time: fullTime(new Date(until).toISOString()) })}</small>}
      </span>
    </div>
  );
}

interface ChoicesProps {
  interactive: Interactive;
  chosen: Answers | undefined;
}

function Choices({ interactive: { type, action }, chosen }: ChoicesProps) {
  const link = action?.parameters?.url ? safeHref(action.parameters.url) : null;
  const others = [
    action?.parameters?.flow_cta,
    type === "location_request_message" ? t("content.sendLocation") : undefined,
  ].flatMap((title) => (title === undefined ? [] : { id: undefined, title }));
  const buttons = [...(action?.buttons?.flatMap(({ reply }) => (reply?.title ? reply : [])) ?? []), ...others];
  if (action?.sections) return <Sections action={action} chosen={chosen} />;
  if (link) return <SafeLink href={link}>{action?.parameters?.display_text || link}</SafeLink>;
  if (buttons.length === 0) return null;
  return (
    <ul class="choices">
      {buttons.map(({ id, title }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a message's buttons never move
        <li key={index} dir="auto">
          {chosen?.has(id ?? "") && <Chosen />}
          {title}
        </li>
      ))}
    </ul>
  );
}

interface SectionsProps extends Pick<ChoicesProps, "chosen"> {
  action: NonNullable<Interactive["action"]>;
}

/** The button that opens a list, and what is in it. */
function Sections({ action: { button, sections = [] }, chosen }: SectionsProps) {
  return (
    <div class="list-choices">
      <strong class="list-button" dir="auto">
        <ListIcon />
        {button}
      </strong>
      {sections.map(({ title, rows = [] }, section) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a message's sections never move
        <section key={section}>
          {title && <small dir="auto">{title}</small>}
          <ul>
            {rows.map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a message's rows never move
              <li key={index} dir="auto">
                {chosen?.has(row.id ?? "") && <Chosen />}
                {row.title}
                {row.description && <small>{row.description}</small>}
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
