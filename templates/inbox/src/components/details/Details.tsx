import "../../styles/details.css";
import { d } from "../../i18n/details";
import type { Conversation } from "../../types";
import { Avatar } from "../Avatar";
import { ContactFacts } from "./ContactFacts";
import { ContactName } from "./ContactName";
import { ConversationFacts } from "./ConversationFacts";
import { Earlier } from "./Earlier";
import { Metadata } from "./Metadata";
import { Bones, NotLoaded } from "./Section";
import { Shared } from "./Shared";
import { useDetails } from "./useDetails";
import { Workflow } from "./Workflow";

/** All that is known of the person and the conversation. What the row says is there at once. */
export function Details({ conversation }: { conversation: Conversation }) {
  const { details, failed, retry } = useDetails(conversation);
  return (
    <>
      <div class="details-who">
        <Avatar contact={conversation.contact} large />
        <ContactName conversation={conversation} />
      </div>
      <Workflow conversation={conversation} details={details} />
      <ContactFacts conversation={conversation} />
      <ConversationFacts conversation={conversation} details={details} />
      <Shared conversation={conversation} />
      <Earlier conversation={conversation} />
      {details === null && (failed ? <NotLoaded onRetry={retry} /> : <Bones lines={3} />)}
      <Metadata title={d("metadata.conversation")} values={details?.metadata} />
      <Metadata title={d("metadata.contact")} values={details?.contact_metadata} />
    </>
  );
}
