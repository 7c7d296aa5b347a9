import { useMemo } from "preact/hooks";
import { parseRich, type Rich } from "../richtext";

export function RichText({ text }: { text: string }) {
  return <Parts parts={useMemo(() => parseRich(text), [text])} />;
}

function Parts({ parts }: { parts: Rich[] }) {
  return (
    <>
      {parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a text's parts never move
        <Part key={index} part={part} />
      ))}
    </>
  );
}

function Part({ part }: { part: Rich }) {
  if (typeof part === "string") return <>{part}</>;
  if ("href" in part) return <SafeLink href={part.href}>{part.text}</SafeLink>;
  const Mark = part.mark;
  return (
    <Mark>
      <Parts parts={part.content} />
    </Mark>
  );
}

/** The page behind a link learns nothing of the inbox. `href` has been through safeHref. */
export function SafeLink({ href, children }: { href: string; children: string }) {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}
