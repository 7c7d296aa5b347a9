import { findLinks, shownAddress, webHref } from "../links";
import { bySentAt, placeOf } from "../sorted";
import type { Thread } from "../thread";
import type { Message } from "../types";

/** What the server knows by `kind`. */
export const sharedKinds = ["media", "documents", "links"] as const;
export type SharedKind = (typeof sharedKinds)[number];

/** How far back the server has told what was shared: up to `oldest`, and all of it where there is no `next`. */
export interface Reached {
  oldest: Message | null;
  next: string | null;
}

const fits: Readonly<Record<SharedKind, (message: Message) => boolean>> = {
  media: ({ type }) => type === "image" || type === "video",
  documents: ({ type }) => type === "document",
  links: (message) => linksOf(message).length > 0,
};

/**
 * What was shared in a thread, newest first: what the server has told, which the thread keeps, and what came in since.
 * Older messages that the thread happens to have wait until the server has told all that is in between.
 */
export function sharedIn(thread: Thread, kind: SharedKind, { oldest, next }: Reached): Message[] {
  const from = oldest && next !== null ? placeOf(thread.rows, oldest, bySentAt) : 0;
  return thread.rows
    .slice(from)
    .filter((row) => row.deleted_at === null && row.discarded_at === null && fits[kind](row))
    .reverse();
}

export interface Link {
  href: string;
  text: string;
}

/** The addresses of the web in a text message, each once. */
export function linksOf({ type, text }: Message): Link[] {
  const body = type === "text" ? text?.body : undefined;
  if (!body || !/https?:\/\/|www\./i.test(body)) return [];
  const links = findLinks(body)
    .filter(({ href }) => webHref(href))
    .map(({ start, end, href }) => ({ href, text: shownAddress(href, body.slice(start, end)) }));
  return links.filter(({ href }, index) => links.findIndex((other) => other.href === href) === index);
}
