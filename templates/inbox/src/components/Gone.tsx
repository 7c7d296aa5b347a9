import { t } from "../i18n";
import type { Key } from "../i18n/en";
import { InboxIcon } from "./icons";
import { Notice } from "./Notice";

const words: Record<string, [title: Key, body: Key]> = {
  forbidden_origin: ["gone.title", "gone.forbidden"],
  expired_user_claim: ["gone.userExpired.title", "gone.userExpired.body"],
  invalid_user_claim: ["gone.userInvalid.title", "gone.userInvalid.body"],
};

export function Gone({ code }: { code: string }) {
  const [title, body] = words[code] ?? ["gone.title", "gone.body"];
  return (
    <main class="gone">
      <Notice page alert icon={<InboxIcon />} title={t(title)} body={t(body)} />
    </main>
  );
}
