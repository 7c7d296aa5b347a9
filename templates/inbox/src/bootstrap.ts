/** What the served page tells the script. The token is in the path alone and stays there. */
export interface Bootstrap {
  token: string;
  language: string;
  /** Of the embed: another one in an answer means that the page is to be loaded again. */
  version: string;
  /** Of pages that may embed the inbox, as patterns; none stands for all. */
  allowedOrigins: readonly string[];
  query: URLSearchParams;
}

export function readBootstrap(): Bootstrap {
  const [, token = ""] = /\/embed\/([^/]+)/.exec(location.pathname) ?? [];
  const { language, version, allowed_origins } = JSON.parse(document.getElementById("bootstrap")?.textContent || "{}");
  return {
    token: decodeURIComponent(token),
    language: typeof language === "string" ? language : "en",
    version,
    allowedOrigins: allowed_origins,
    query: new URLSearchParams(location.search),
  };
}
