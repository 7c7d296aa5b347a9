import { t } from "../i18n";
import { InboxIcon } from "./icons";
import { Notice } from "./Notice";

export function Gone({ code }: { code: string }) {
  const body = t(code === "forbidden_origin" ? "gone.forbidden" : "gone.body");
  return (
    <main class="gone">
      <Notice alert icon={<InboxIcon />} title={t("gone.title")} body={body} />
    </main>
  );
}
