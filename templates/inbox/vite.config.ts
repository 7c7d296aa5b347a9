import { defineConfig } from "vite";

export default defineConfig({
  base: "/assets/inbox/",
  build: {
    target: "es2022",
    manifest: true,
    // A browser of the target's age preloads modules by itself, and the polyfill would turn theme.ts into a module.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: { input: ["src/main.tsx", "src/theme.ts"] },
  },
});
