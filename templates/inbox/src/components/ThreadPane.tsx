import { loadThread } from "../actions";
import { t } from "../i18n";
import { openConversation, openThread } from "../store";
import { Composer } from "./compose/Composer";
import { useDrop } from "./compose/useDrop";
import { ClipIcon, OfflineIcon } from "./icons";
import { MessageLog } from "./MessageLog";
import { ModeBanner } from "./ModeBadge";
import { Notice } from "./Notice";
import { ThreadSkeleton } from "./Skeleton";
import { ThreadHeader } from "./ThreadHeader";
import { TroubleBanner } from "./TroubleBanner";

export function ThreadPane({ id }: { id: string }) {
  const conversation = openConversation.value;
  const thread = openThread.value;
  const loaded = thread && (thread.phase === "ready" || thread.oldest !== null);
  const action = { label: t("action.retry"), run: () => void loadThread(id) };
  const { over, ...dropping } = useDrop(conversation);
  return (
    <div class="thread" {...dropping}>
      {conversation && <ThreadHeader conversation={conversation} />}
      {conversation && <ModeBanner conversation={conversation} />}
      <TroubleBanner />
      {conversation && loaded && <MessageLog conversation={conversation} thread={thread} />}
      {!loaded && thread?.phase === "failed" && (
        <Notice
          alert
          icon={<OfflineIcon />}
          title={t("thread.failed.title")}
          body={t("thread.failed.body")}
          action={action}
        />
      )}
      {!(conversation && loaded) && thread?.phase !== "failed" && <ThreadSkeleton label={t("thread.loading")} />}
      {conversation && <Composer conversation={conversation} />}
      {over && (
        <div class="drop" aria-hidden="true">
          <ClipIcon />
          {t("attach.drop")}
        </div>
      )}
    </div>
  );
}
