import { useEffect, useRef, useState } from "preact/hooks";
import { changeFilters } from "../actions";
import { t } from "../i18n";
import { filters } from "../store";
import { CloseIcon, SearchIcon } from "./icons";

const pause = 250;

export function SearchBox() {
  const applied = filters.value.search;
  const [text, setText] = useState(applied);
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => setText(applied), [applied]);
  useEffect(() => {
    if (text.trim() === filters.peek().search) return;
    const timer = setTimeout(() => changeFilters({ search: text.trim() }), pause);
    return () => clearTimeout(timer);
  }, [text]);

  const clear = () => {
    setText("");
    changeFilters({ search: "" });
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || text === "") return;
    event.preventDefault();
    clear();
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
