import { useEffect, useRef, useState } from "preact/hooks";
import { changeFilters } from "../actions";
import { t } from "../i18n";
import { filters } from "../store";
import { focusList } from "./focus";
import { CloseIcon, SearchIcon } from "./icons";

const pause = 250;

export function SearchBox() {
  const applied = filters.value.search;
  const [text, setText] = useState(applied);
  const input = useRef<HTMLInputElement>(null);
  // What this box asked for. Its own search coming back must not undo what was typed since, a space at the end for one.
  const asked = useRef(applied);

  const ask = (search: string) => {
    if (search === filters.peek().search) return;
    asked.current = search;
    changeFilters({ search });
  };
  useEffect(() => {
    if (applied === asked.current) return;
    asked.current = applied;
    setText(applied);
  }, [applied]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the wait begins anew with each change of the text alone
  useEffect(() => {
    const timer = setTimeout(() => ask(text.trim()), pause);
    return () => clearTimeout(timer);
  }, [text]);

  const clear = () => {
    setText("");
    ask("");
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing || event.altKey) return;
    if (event.key === "ArrowDown") focusList();
    else if (event.key === "Enter") ask(text.trim());
    else if (event.key === "Escape" && text !== "") clear();
    else return;
    event.preventDefault();
  };
  return (
    <search class="search">
      <SearchIcon />
      <input
        ref={input}
        type="text"
        inputMode="search"
        dir={text ? "auto" : undefined}
        value={text}
        maxLength={200}
        placeholder={t("list.search")}
        aria-label={t("list.search")}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {text && (
        <button type="button" class="icon-button icon-button-small" aria-label={t("list.searchClear")} onClick={clear}>
          <CloseIcon />
        </button>
      )}
    </search>
  );
}
