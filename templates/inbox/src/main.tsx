import "./styles/index.css";
import { render } from "preact";
import { readBootstrap } from "./bootstrap";
import { App } from "./components/App";
import { parseFilters } from "./filters";
import { loadLanguage } from "./i18n";
import { keepTime } from "./now";
import { filters } from "./store";

const root = document.getElementById("inbox");
if (root) {
  const { token, language, query } = readBootstrap();
  filters.value = parseFilters(query);
  await loadLanguage(language);
  keepTime();
  render(<App token={token} />, root);
}
