/** randomUUID exists only in secure contexts; an inbox on a LAN address over http has getRandomValues alone. */
export function makeClientId(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
