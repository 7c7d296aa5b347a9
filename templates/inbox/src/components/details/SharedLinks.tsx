import { linksOf } from "../../details/shared";
import { fullTime } from "../../format";
import type { Message } from "../../types";
import { LinkIcon } from "./icons";
import { ShowButton } from "./ShowButton";

/** The links of one message. The page behind a link learns nothing of the inbox. */
export function SharedLinks({ message }: { message: Message }) {
  const links = linksOf(message);
  return (
    <>
      <div class="shared-row">
        <LinkIcon />
        <span class="shared-words">
          {links.map(({ href, text }) => (
            <a key={href} href={href} target="_blank" rel="noopener noreferrer" title={href} dir="ltr">
              {text}
            </a>
          ))}
          <small>{fullTime(message.timestamp)}</small>
        </span>
      </div>
      <ShowButton message={message} name={links[0]?.text ?? ""} />
    </>
  );
}
