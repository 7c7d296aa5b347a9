import { phone } from "../format";
import type { Contact } from "../types";

/** What a person is called, by the same rule as the server's, if this is the name that the team gives. */
export function nameOf(contact: Contact, given: string | null): string {
  const { saved_name, profile_name, phone_number, username } = contact;
  const called = given || saved_name || profile_name || (phone_number && phone(phone_number)) || username;
  return called || contact.name;
}
