import { t } from "../i18n";
import { webHref } from "../links";
import type { Referral } from "../types";
import { AdIcon } from "./icons";
import { SafeLink } from "./RichText";

/** The ad or post that brought the customer here. Its picture is with Meta, and nothing is loaded from there. */
export function ReferralCard({ referral }: { referral: Referral }) {
  const { source_type, source_url, headline, body } = referral;
  const href = webHref(source_url ?? "");
  return (
    <aside class="referral">
      <small class="label">
        <AdIcon />
        {t(source_type === "post" ? "content.adPost" : "content.ad")}
      </small>
      {headline && <strong dir="auto">{headline}</strong>}
      {body && <span dir="auto">{body}</span>}
      {href && <SafeLink href={href}>{t("content.adLink", { host: new URL(href).host })}</SafeLink>}
    </aside>
  );
}
