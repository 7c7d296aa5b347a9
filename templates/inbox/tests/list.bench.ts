import { test } from "vitest";
import { noFilters } from "../src/filters";
import { emptyInbox, type Inbox, reduce } from "../src/reducer";
import { listedConversations } from "../src/selectors";
import type { Conversation } from "../src/types";
import { conversation } from "./rows";

/** A list that somebody has scrolled through for a long time. */
const size = 10_000;
const first = ["Zoë", "José", "Ana", "Émilie", "Karl-Heinz", "محمد", "李"];
const last = ["García", "Müller", "Okafor", "Łukasik", "Nguyễn", "O’Brien"];

function row(index: number): Conversation {
  const name = `${first[index % first.length]} ${last[index % last.length]} ${index}`;
  const base = conversation({ id: `id-${(index * 7919) % size}` });
  return {
    ...base,
    contact: {
      ...base.contact,
      id: `contact-${index}`,
      name,
      profile_name: name,
      phone_number: `52155${10_000_000 + index}`,
    },
    last_active_at: new Date(1_700_000_000_000 - index * 60_000).toISOString(),
    rev: `${index + 1}`,
  };
}

const rows = Array.from({ length: size }, (_, index) => row(index));
let inbox: Inbox = reduce(emptyInbox, { type: "list.page", conversations: rows, next: null });
let now = 1_700_000_000_000;
const push = () => {
  now += 1000;
  const at = rows[now % size] as Conversation;
  inbox = reduce(inbox, {
    type: "rows",
    conversations: [{ ...at, last_active_at: new Date(now).toISOString(), rev: `${now}` }],
  });
};
listedConversations(inbox, noFilters);

test(`${size} conversations`, { timeout: 60_000 }, async ({ bench }) => {
  await bench.compare(
    bench("a push, and the list after it", () => {
      push();
      listedConversations(inbox, noFilters);
    }),
    bench("a push alone", push),
    bench("the list anew", () => {
      listedConversations(inbox, noFilters);
    }),
    bench("another search", () => {
      listedConversations(inbox, { ...noFilters, search: "garci" });
    }),
  );
});
