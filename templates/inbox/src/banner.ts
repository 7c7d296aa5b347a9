import { isolated, t } from "./i18n";
import type { ConversationMode, User } from "./types";

/** What the banner of a thread says: for a handoff also who took over, where the host's site says who is looking. */
export function bannerText(mode: ConversationMode, by: User | null): string {
  return mode === "handoff" && by ? t("banner.handoffBy", { name: isolated(by.name) }) : t(`banner.${mode}`);
}
