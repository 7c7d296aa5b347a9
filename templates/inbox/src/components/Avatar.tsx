import { initials, pick } from "../format";
import type { Contact } from "../types";
import { PersonIcon } from "./icons";

const tints = 8;

export function Avatar({ contact, large = false }: { contact: Contact; large?: boolean }) {
  return (
    <span class={`avatar tint-${pick(contact.id, tints)} ${large ? "avatar-large" : ""}`} aria-hidden="true">
      {initials(contact.name) || <PersonIcon />}
    </span>
  );
}
