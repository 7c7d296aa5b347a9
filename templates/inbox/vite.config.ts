import { defineConfig } from "vitest/config";
import { emojiData } from "./emojiData.ts";
import { onlyWebSocket } from "./onlyWebSocket.ts";

export default defineConfig({
  base: "/assets/inbox/",
  plugins: [
    emojiData(),
    onlyWebSocket(),
    {
      name: "porthole.d.ts",
      async generateBundle() {
        const source = await this.fs.readFile("src/host/declarations.ts", { encoding: "utf8" });
        this.emitFile({ type: "asset", fileName: "porthole.d.ts", source });
      },
    },
  ],
  test: { isolate: false, setupFiles: ["tests/english.ts"], testTimeout: 20_000, css: true },
  build: {
    target: "es2022",
    manifest: true,
    // The notices that the bundled libraries ask for: dist/.vite/license.md.
    license: true,
    // A browser of the target's age preloads modules by itself, and the polyfill would turn theme.ts into a module.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // The viewer of the API's description is that large; the inbox's own size has a test.
    chunkSizeWarningLimit: 1600,
    rolldownOptions: {
      input: ["src/main.tsx", "src/theme.ts", "src/docs.ts", "src/host/porthole.ts", "src/dashboard/dashboard.ts"],
      // What the page needs at once is one file, though what comes on demand shares parts of it.
      output: {
        codeSplitting: {
          groups: [
            { name: "main", tags: ["$initial"], test: /^(?!.*(swagger|htmx|src\/(docs|theme|host\/|dashboard)))/ },
          ],
        },
      },
    },
  },
});
