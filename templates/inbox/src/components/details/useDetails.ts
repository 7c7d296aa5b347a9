import { useEffect, useRef, useState } from "preact/hooks";
import { theApi } from "../../actions";
import { visible } from "../../now";
import type { Conversation, ConversationDetails } from "../../types";

interface Asked {
  details: ConversationDetails | null;
  failed: boolean;
  retry: () => void;
}

/** Milliseconds that the conversation has to rest for before it is asked again. */
const rest = 800;

/** What is in no row: asked for when the panel opens, and whenever the row has become another one. */
export function useDetails({ id, rev }: Conversation): Asked {
  const [details, setDetails] = useState<ConversationDetails | null>(null);
  const [failed, setFailed] = useState(false);
  const [tries, setTries] = useState(0);
  const known = useRef("");
  const version = `${rev} ${tries}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a page that is out of sight asks when it is seen again
  useEffect(() => {
    if (!visible.value || known.current === version) return;
    let left = false;
    const ask = async () => {
      try {
        const { data } = await theApi().details(id);
        if (left) return;
        known.current = version;
        setDetails(data);
        setFailed(false);
      } catch {
        if (!left) setFailed(true);
      }
    };
    const timer = setTimeout(ask, known.current === "" ? 0 : rest);
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [id, version, visible.value]);
  const retry = () => {
    setFailed(false);
    setTries(tries + 1);
  };
  return { details, failed, retry };
}
