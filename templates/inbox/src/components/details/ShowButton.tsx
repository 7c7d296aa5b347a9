import { showAt } from "../../details/show";
import { isolated } from "../../i18n";
import { d } from "../../i18n/details";
import type { Message } from "../../types";
import { ChatIcon } from "../icons";

/** Leads to where something was said. */
export function ShowButton({ message, name }: { message: Message; name: string }) {
  const label = d("shared.show", { name: isolated(name) });
  return (
    <button
      type="button"
      class="icon-button icon-button-small"
      aria-label={label}
      title={label}
      onClick={() => showAt(message.id)}
    >
      <ChatIcon />
    </button>
  );
}
