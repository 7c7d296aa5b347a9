import { summary } from "./content";
import { t } from "./i18n";
import { announcement, openId } from "./store";
import type { LiveEvent, MessageCreated } from "./types";

/** Milliseconds: whoever listens hears no more than one sentence in this time, about all that has come meanwhile. */
const pause = 3_000;

let waiting: MessageCreated[] = [];
let timer: number | undefined;

/** Screen readers hear of messages that are pushed, never of those that a page load or an older history brings. */
export function announceInbound(events: readonly LiveEvent[]): void {
  waiting.push(...events.filter(isNews));
  if (waiting.length > 0 && timer === undefined) tell();
}

function isNews(event: LiveEvent): event is MessageCreated {
  return (
    event.type === "message.created" && event.message.direction === "inbound" && event.message.origin !== "history_sync"
  );
}

function tell(): void {
  const told = waiting;
  waiting = [];
  if (told.length > 0) announcement.value = inWords(told);
  timer = told.length > 0 ? window.setTimeout(tell, pause) : undefined;
}

/** In the open conversation who writes and what, or how many they are; of the others how many. */
function inWords(told: readonly MessageCreated[]): string {
  const here = told.filter(({ conversation }) => conversation.id === openId.value);
  const [first, ...more] = here;
  const sentences = [];
  if (first && more.length === 0) {
    const { name } = first.conversation.contact;
    sentences.push(t("announce.message", { name, preview: summary(first.message) }));
  } else if (first) {
    sentences.push(t("thread.new", { count: here.length }));
  }
  const elsewhere = told.length - here.length;
  if (elsewhere > 0) sentences.push(t("announce.others", { count: elsewhere }));
  return sentences.join(". ");
}
