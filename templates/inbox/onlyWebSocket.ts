import type { Plugin } from "vite";

const transports = /engine\.io-client\/build\/esm\/transports\/(index|polling.*|webtransport)\.js$/;

/** Leaves the transports out of Socket.IO's client that the page never uses: two thousand bytes of its first load. */
export function onlyWebSocket(): Plugin {
  let found = false;
  return {
    name: "only-web-socket",
    apply: "build",
    buildEnd(error) {
      if (!found && !error) this.error("engine.io-client has its transports elsewhere now");
    },
    transform: {
      filter: { id: transports },
      handler(code, id) {
        if (!id.endsWith("/index.js")) return { code, moduleSideEffects: false };
        found = true;
        return `import { WS } from "./websocket.node.js";\nexport const transports = { websocket: WS };\n`;
      },
    },
  };
}
