/**
 * Which origins may embed the inbox, by the rules of shared/origins.py: tests/integration/test_host_origins.py holds one
 * against the other. Patterns are as the server stores them.
 */
export function originIsAllowed(origin: string, patterns: readonly string[]): boolean {
  if (patterns.length === 0) return true;
  return patterns.some((pattern) => (pattern.startsWith("*.") ? isBelow(origin, pattern) : origin === pattern));
}

const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const name = new RegExp(`^https://(?=.{1,253}$)(?:${label}\\.)*${label}$`);

/** Over https on its usual port, which browsers do not write. */
function isBelow(origin: string, pattern: string): boolean {
  return name.test(origin) && origin.endsWith(pattern.slice(1));
}
