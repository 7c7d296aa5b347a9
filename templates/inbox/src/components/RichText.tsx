import type { ComponentChild } from "preact";
import { useMemo, useState } from "preact/hooks";
import { t } from "../i18n";
import { shownAddress } from "../links";
import { type Block, parseBlocks, type Rich } from "../richtext";
import { beginning, countEmoji, isCut } from "../text";

/** What somebody wrote, formatted as WhatsApp does. A long text is shown whole when it is asked for. */
export function Text({ body }: { body: string }) {
  const [whole, setWhole] = useState(false);
  const start = useMemo(() => (whole ? null : beginning(body)), [whole, body]);
  const blocks = useMemo(() => parsed(body, start), [start, body]);
  const emoji = useMemo(() => countEmoji(body), [body]);
  return (
    <div class={`text ${emoji > 0 ? `emoji-${emoji}` : ""}`} dir="auto">
      {blocks.flatMap(drawn)}
      {start !== null && (
        <>
          {"… "}
          <button type="button" class="link-button" onClick={() => setWhole(true)}>
            {t("message.more")}
          </button>
        </>
      )}
    </div>
  );
}

function parsed(body: string, start: string | null): Block[] {
  if (start !== null && isCut(body, start)) return [{ kind: "text", content: [start] }];
  return parseBlocks(start ?? body);
}

/** What has no state of its own is no component here: a long thread has many of them. */
function drawn(block: Block): ComponentChild | ComponentChild[] {
  switch (block.kind) {
    case "text":
      return parts(block.content);
    case "quote":
      return <blockquote>{parts(block.content)}</blockquote>;
    case "code":
      return (
        <pre dir="ltr">
          <code>{block.text}</code>
        </pre>
      );
    case "bullets":
      return (
        <ul>
          {block.items.map((content, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a list's items never move
            <li key={index}>{parts(content)}</li>
          ))}
        </ul>
      );
    case "numbers":
      return (
        <ol>
          {block.items.map(({ number, content }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a list's items never move
            <li key={index} value={number}>
              {parts(content)}
            </li>
          ))}
        </ol>
      );
  }
}

const parts = (rich: Rich[]) => rich.map(part);

function part(rich: Rich): ComponentChild {
  if (typeof rich === "string") return rich;
  if ("href" in rich) return <SafeLink href={rich.href}>{shownAddress(rich.href, rich.text)}</SafeLink>;
  const Mark = rich.mark;
  return <Mark>{parts(rich.content)}</Mark>;
}

/** The page behind a link learns nothing of the inbox. `href` has been through safeHref. */
export function SafeLink({ href, children }: { href: string; children: string }) {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}
