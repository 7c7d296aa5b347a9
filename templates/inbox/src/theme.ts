// A blocking script in the page's head: it settles the theme before the first paint. It must import nothing, because it
// is loaded as a classic script; the key and the values are those of appearance.ts.
(() => {
  const modes = ["system", "light", "dark"];
  const root = document.documentElement;
  let saved: string | null = null;
  try {
    saved = localStorage.getItem("porthole.mode");
  } catch {
    // Storage is blocked in this frame: the address and the embed decide.
  }
  const asked = new URLSearchParams(location.search).get("mode")?.trim().toLowerCase();
  root.dataset.mode = [saved, asked, root.dataset.mode].find((mode) => mode && modes.includes(mode)) ?? "system";
  // The first of these in a page takes some 20 ms: here they pass while the inbox's own script is on its way.
  new Intl.NumberFormat();
})();
