import { useState } from "preact/hooks";
import { type CardDraft, contactBody, emptyCard, wrongInCard } from "../../compose/card";
import { w } from "../../i18n/tools";
import type { Conversation } from "../../types";
import { Preview } from "./Preview";
import { TextField } from "./TextField";
import { ToolDialog } from "./ToolDialog";
import { ToolForm } from "./ToolForm";
import { useSubmit } from "./useSubmit";

interface Props {
  conversation: Conversation;
  onClose: () => void;
}

/** Where the server would say that a field is wrong. */
const paths: Record<keyof CardDraft, string> = {
  first: "contacts[0].name.first_name",
  last: "contacts[0].name.last_name",
  phone: "contacts[0].phones[0].phone",
  email: "contacts[0].emails[0].email",
  company: "contacts[0].org.company",
};
const limit = 500;

export function ContactDialog({ conversation: { id }, onClose }: Props) {
  const [card, setCard] = useState(emptyCard);
  const [checked, setChecked] = useState(false);
  const submission = useSubmit(id, onClose);
  const wrong = wrongInCard(card);
  const send = () => {
    setChecked(true);
    if (wrong.length === 0) void submission.run({ type: "contacts", contacts: [contactBody(card)] });
  };
  const field = (name: keyof CardDraft, problem: "required" | "phone" | "email" = "required") => ({
    label: w(`contact.${name}`),
    value: card[name],
    limit,
    error: (checked && wrong.includes(name) && w(`problem.${problem}`)) || submission.errors[paths[name]]?.[0],
    onInput: (value: string) => {
      setCard({ ...card, [name]: value });
      submission.clear();
    },
  });
  return (
    <ToolDialog title={w("contact.title")} onClose={onClose} hidden={submission.sent}>
      <ToolForm
        submission={submission}
        onSubmit={send}
        preview={<Preview content={{ type: "contacts", contacts: [contactBody(card)] }} />}
      >
        <div class="field-row">
          <TextField {...field("first")} />
          <TextField {...field("last")} />
        </div>
        <TextField {...field("phone", "phone")} inputMode="tel" placeholder="+1 555 010 0123" />
        <TextField {...field("email", "email")} inputMode="email" />
        <TextField {...field("company")} />
      </ToolForm>
    </ToolDialog>
  );
}
