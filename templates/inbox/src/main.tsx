import "./styles/index.css";
import { render } from "preact";
import { readBootstrap } from "./bootstrap";
import { App } from "./components/App";
import { parseFilters } from "./filters";
import { listenToHost } from "./host";
import { loadLanguage } from "./i18n";
import { keepTime } from "./now";
import { filters, refusal } from "./store";

const root = document.getElementById("inbox");
if (root) {
  const { token, language, version, allowedOrigins, query } = readBootstrap();
  listenToHost(allowedOrigins);
  filters.value = parseFilters(query);
  await loadLanguage(language);
  keepTime();
  // A host that puts a fresh user claim there does not load the page by that.
  window.addEventListener("hashchange", () => refusal.value !== null && location.reload());
  render(<App token={token} version={version} />, root);
}
