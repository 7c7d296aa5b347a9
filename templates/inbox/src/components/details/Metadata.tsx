import { useState } from "preact/hooks";
import { shownAs } from "../../details/value";
import { t } from "../../i18n";
import { d } from "../../i18n/details";
import { Section } from "./Section";

/** Entries that are shown at first. */
const few = 12;
/** Characters of a text from which on it is folded. */
const long = 240;

/** What programs have noted, as it stands: keys and values are strangers' and are only ever text. */
export function Metadata({ title, values }: { title: string; values: Record<string, unknown> | null | undefined }) {
  const entries = Object.entries(values ?? {});
  if (entries.length === 0) return null;
  return (
    <Section title={title}>
      <Entries entries={entries} depth={1} />
    </Section>
  );
}

function Entries({ entries, depth }: { entries: readonly [key: string, value: unknown][]; depth: number }) {
  const [all, setAll] = useState(false);
  const hidden = all ? 0 : Math.max(0, entries.length - few);
  return (
    <>
      <dl class={depth > 1 ? "noted" : undefined}>
        {entries.slice(0, entries.length - hidden).map(([key, value]) => (
          <div key={key} class="fact">
            <dt>
              <bdi>{key}</bdi>
            </dt>
            <dd>
              <Value value={value} depth={depth} />
            </dd>
          </div>
        ))}
      </dl>
      {hidden > 0 && (
        <button type="button" class="link-button details-more" onClick={() => setAll(true)}>
          {d("metadata.more", { count: hidden })}
        </button>
      )}
    </>
  );
}

function Value({ value, depth }: { value: unknown; depth: number }) {
  const shown = shownAs(value, depth);
  switch (shown.kind) {
    case "entries":
      return <Entries entries={shown.entries} depth={depth + 1} />;
    case "deep":
      return (
        <details>
          <summary>{d("metadata.whole")}</summary>
          <pre>{shown.text}</pre>
        </details>
      );
    case "link":
      return (
        <a href={shown.href} target="_blank" rel="noopener noreferrer" dir="auto">
          {shown.text}
        </a>
      );
    case "flag":
      return <>{t(shown.on ? "content.yes" : "content.no")}</>;
    case "nothing":
      return <span class="details-none">{d("metadata.empty")}</span>;
    case "text":
      return <Text text={shown.text} />;
  }
}

function Text({ text }: { text: string }) {
  const [whole, setWhole] = useState(text.length <= long);
  return (
    <span class="noted-text" dir="auto">
      {whole ? text : `${text.slice(0, long)}… `}
      {!whole && (
        <button type="button" class="link-button" onClick={() => setWhole(true)}>
          {d("metadata.whole")}
        </button>
      )}
    </span>
  );
}
