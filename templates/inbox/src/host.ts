/** Messages that come while the code that understands them is loaded. */
const mostEarly = 100;

/**
 * The page around the frame may speak with it (docs/host-page.md). What they say to each other is loaded with its first
 * word: most hosts never say one.
 */
export function listenToHost(allowedOrigins: readonly string[]): void {
  if (window.parent === window) return;
  let early: MessageEvent[] = [];
  const listen = (event: MessageEvent) => {
    if (event.source !== window.parent || event.data?.porthole === undefined || early.length === mostEarly) return;
    early.push(event);
    if (early.length > 1) return;
    import("./parent/line").then(
      ({ openLine }) => {
        removeEventListener("message", listen);
        openLine(allowedOrigins, early);
      },
      () => {
        early = []; // the host says hello again
      },
    );
  };
  addEventListener("message", listen);
}
