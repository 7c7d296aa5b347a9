/**
 * Who is looking, as the host's backend has signed it; null where the host does not say. It stands in the fragment, which
 * no server and no log sees, and is read anew each time, because the host may put a fresh one there.
 */
export const userClaim = (): string | null => new URLSearchParams(location.hash.slice(1)).get("user");
