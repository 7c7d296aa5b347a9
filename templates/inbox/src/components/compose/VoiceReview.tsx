import { useEffect, useRef, useState } from "preact/hooks";
import { quote, quoteIn } from "../../compose/drafts";
import { fileBody } from "../../compose/files";
import { dropUpload, mediaOf } from "../../compose/uploads";
import { t } from "../../i18n";
import { w } from "../../i18n/tools";
import { drawn } from "../../reply";
import { send as post } from "../../sending";
import type { Media } from "../../types";
import { SendIcon, TrashIcon } from "../icons";
import { MediaSound } from "../MediaSound";
import type { Spoken } from "./Recorder";
import { UploadStatus } from "./UploadStatus";

interface Props {
  spoken: Spoken;
  /** It is to be sent as soon as it is up. */
  send: boolean;
  onClose: () => void;
}

/** What was spoken, to be listened to before it is sent. */
export function VoiceReview({ spoken: { upload, milliseconds, waveform }, send, onClose }: Props) {
  const [wanted, setWanted] = useState(send);
  const sent = useRef(false);
  const button = useRef<HTMLButtonElement>(null);
  const { phase } = upload.state.value;
  const own: Pick<Media, "url" | "duration_ms" | "waveform"> = {
    url: upload.url,
    duration_ms: milliseconds,
    waveform,
  };

  useEffect(() => button.current?.focus(), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was not sent is dropped when it is left
  useEffect(
    () => () => {
      if (!sent.current) dropUpload(upload);
    },
    [],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: as soon as it is up, or will not be
  useEffect(() => {
    if (phase === "failed") setWanted(false);
    const media = mediaOf(upload);
    if (!wanted || !media) return;
    sent.current = true;
    const { conversationId, id, filename } = upload;
    post(conversationId, fileBody("voice", id, filename, ""), {
      media: { ...media, ...own },
      context: quoteIn(conversationId),
    });
    quote(conversationId, null);
    onClose();
  }, [phase, wanted]);

  const label = t(wanted ? "composer.sending" : "composer.send");
  const file = { ...blank, ...own, url: upload.url, id: upload.id };
  return (
    <>
      <button type="button" class="tool" aria-label={w("voice.discard")} title={w("voice.discard")} onClick={onClose}>
        <TrashIcon />
      </button>
      <MediaSound message={drawn({ type: "audio" }, file)} file={file} title={t("content.voice")} />
      {phase === "failed" && <UploadStatus upload={upload} />}
      <button
        ref={button}
        type="button"
        class="send"
        aria-label={label}
        title={label}
        aria-disabled={phase === "failed"}
        onClick={() => phase !== "failed" && setWanted(true)}
      >
        {wanted ? <span class="spinner" /> : <SendIcon />}
      </button>
    </>
  );
}

const blank = {
  state: "ready" as const,
  thumbnail_url: null,
  mime_type: null,
  size: null,
  width: null,
  height: null,
  pages: null,
  filename: null,
};
