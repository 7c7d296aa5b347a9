import { phone } from "../../format";
import { d } from "../../i18n/details";
import type { Conversation } from "../../types";
import { CopyButton } from "../CopyButton";
import { Fact, Section } from "./Section";

export function ContactFacts({ conversation: { contact } }: { conversation: Conversation }) {
  const { name, display_name, profile_name, saved_name } = contact;
  const savedName = [name, display_name, profile_name].includes(saved_name) ? null : saved_name;
  return (
    <Section title={d("contact")}>
      <dl>
        {contact.phone_number && (
          <Fact name={d("phone")}>
            <bdi>{phone(contact.phone_number)}</bdi>
            <CopyButton text={phone(contact.phone_number)} />
          </Fact>
        )}
        {contact.username && (
          <Fact name={d("username")}>
            <bdi>{contact.username}</bdi>
          </Fact>
        )}
        {savedName && (
          <Fact name={d("savedName")}>
            <bdi>{savedName}</bdi>
          </Fact>
        )}
        {contact.profile_name && (
          <Fact name={d("name")}>
            <bdi>{contact.profile_name}</bdi>
          </Fact>
        )}
      </dl>
    </Section>
  );
}
