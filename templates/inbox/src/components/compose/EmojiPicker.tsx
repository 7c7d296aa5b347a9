import "../../styles/compose/emoji.css";
import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { allEmojis, type Emoji, emojiGroups, inTone, type Tone, toneName, tones } from "../../emoji/emojis";
import { step } from "../../emoji/grid";
import { chooseTone, recent, remember, tone } from "../../emoji/kept";
import { findEmojis } from "../../emoji/search";
import { type ToolKey, w } from "../../i18n/tools";
import { hasTouchKeyboard } from "../focus";
import { SearchIcon } from "../icons";

interface Section {
  title: string;
  /** A sign for it, where one can go there. */
  sign?: string | undefined;
  emojis: readonly Shown[];
}

/** An emoji in the tone in which it is picked. */
type Shown = Pick<Emoji, "text" | "name">;

const one = ".emoji-one";

/** Every emoji, by group or by what is sought; the arrow keys go through all of them. */
export function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const [sought, setSought] = useState("");
  const [pointed, setPointed] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  // What was picked a moment ago must not move what is picked next.
  const [recently] = useState(() => recent.value);
  const chosen = tone.value;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another tone is chosen
  const sections = useMemo(() => sectionsOf(sought, recently, chosen), [sought, recently, chosen]);

  useEffect(() => {
    if (!hasTouchKeyboard()) input.current?.focus();
  }, []);

  const pick = (emoji: string) => {
    remember(emoji);
    onPick(emoji);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const emojis = [...(box.current?.querySelectorAll<HTMLElement>(one) ?? [])];
    const from = document.activeElement;
    if (from === input.current) {
      const first = emojis[0];
      if (event.key === "Enter" && sought && first?.textContent) pick(first.textContent);
      if (event.key === "ArrowDown") first?.focus();
      if (event.key === "Enter" || event.key === "ArrowDown") event.preventDefault();
      return;
    }
    const rtl = document.dir === "rtl";
    const at = emojis.indexOf(from as HTMLElement);
    if (at < 0) return;
    const to = step(
      sections.map(({ emojis }) => emojis.length),
      at,
      event.key,
      rtl,
    );
    if (to === undefined) return;
    event.preventDefault();
    (to < 0 ? input.current : emojis[to])?.focus();
  };
  const point = ({ target }: Event) => {
    const name = target instanceof Element && target.closest(one)?.getAttribute("aria-label");
    if (name) setPointed(name);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys lead from the field to the emoji and back
    <div class="emoji-picker" ref={box} onKeyDown={onKeyDown}>
      <search class="search">
        <SearchIcon />
        <input
          ref={input}
          type="text"
          inputMode="search"
          dir={sought ? "auto" : undefined}
          maxLength={100}
          value={sought}
          placeholder={w("emoji.search")}
          aria-label={w("emoji.search")}
          onInput={(event) => setSought(event.currentTarget.value)}
        />
      </search>
      {!sought.trim() && <Signs sections={sections} box={box} />}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: one listener for two thousand buttons */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: they are buttons, of which keys make clicks */}
      <div
        class="emoji-groups"
        onClick={({ target }) => {
          const picked = target instanceof Element && target.closest(one)?.textContent;
          if (picked) pick(picked);
        }}
        onPointerOver={point}
        onFocusIn={point}
      >
        {sections.map((section) => (
          <Group key={section.title} section={section} />
        ))}
        {sections.every(({ emojis }) => emojis.length === 0) && (
          <p class="emoji-none" role="status">
            {w("emoji.none")}
          </p>
        )}
      </div>
      <footer class="emoji-foot">
        <span aria-hidden="true">{pointed}</span>
        <Tones />
      </footer>
    </div>
  );
}

function sectionsOf(sought: string, recently: readonly string[], chosen: Tone): Section[] {
  const shown = (emojis: readonly Emoji[]) => emojis.map(({ text, name }) => ({ text: inTone(text, chosen), name }));
  if (sought.trim()) return [{ title: w("emoji.found"), emojis: shown(findEmojis(allEmojis.values(), sought)) }];
  const known = recently.map((text) => ({ text, name: allEmojis.get(text)?.name ?? text }));
  const groups = emojiGroups.map(({ name, emojis }) => ({
    title: w(`emoji.${name}` as ToolKey),
    sign: emojis[0]?.text,
    emojis: shown(emojis),
  }));
  return known.length > 0 ? [{ title: w("emoji.recent"), sign: "🕘", emojis: known }, ...groups] : groups;
}

function Group({ section: { title, emojis } }: { section: Section }) {
  const heading = useId();
  // Drawn once: the picker is drawn again with each emoji that the pointer passes.
  return useMemo(
    () => (
      <section class="emoji-group" aria-labelledby={heading}>
        <h3 id={heading}>{title}</h3>
        <div class="emoji-lines">
          {emojis.map(({ text, name }, place) => (
            <button key={text} type="button" class="emoji-one" tabIndex={place === 0 ? 0 : -1} aria-label={name}>
              {text}
            </button>
          ))}
        </div>
      </section>
    ),
    [heading, title, emojis],
  );
}

/** To each group with one press. */
function Signs({ sections, box }: { sections: readonly Section[]; box: { current: HTMLElement | null } }) {
  return (
    <nav class="emoji-signs" aria-label={w("emoji.groups")}>
      {sections.map(({ title, sign }, place) => (
        <button
          key={title}
          type="button"
          aria-label={title}
          title={title}
          onClick={() => box.current?.querySelectorAll(".emoji-group")[place]?.scrollIntoView({ block: "start" })}
        >
          {sign}
        </button>
      ))}
    </nav>
  );
}

function Tones() {
  const name = useId();
  return (
    <fieldset class="emoji-tones">
      <legend class="visually-hidden">{w("emoji.tone")}</legend>
      {tones.map((one) => (
        <label key={one} title={toneName(one) || w("emoji.toneNone")}>
          <input
            type="radio"
            name={name}
            aria-label={toneName(one) || w("emoji.toneNone")}
            checked={tone.value === one}
            onChange={() => chooseTone(one)}
          />
          <span aria-hidden="true">{inTone("✋", one)}</span>
        </label>
      ))}
    </fieldset>
  );
}
