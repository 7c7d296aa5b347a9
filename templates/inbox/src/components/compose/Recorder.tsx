import "../../styles/compose/recorder.css";
import "../../styles/compose/tray.css";
import { useEffect, useRef, useState } from "preact/hooks";
import { Recording, type Refusal, refusalOf } from "../../compose/recording";
import { startUpload, type Upload } from "../../compose/uploads";
import { t } from "../../i18n";
import { w } from "../../i18n/tools";
import { RecorderLive } from "./RecorderLive";
import { VoiceReview } from "./VoiceReview";

interface Props {
  conversationId: string;
  onClose: () => void;
}

export interface Spoken {
  upload: Upload;
  milliseconds: number;
  waveform: number[];
}

/** A voice note: spoken, listened to, sent. Escape throws it away. */
export function Recorder({ conversationId, onClose }: Props) {
  const [recording, setRecording] = useState<Recording | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [spoken, setSpoken] = useState<Spoken | null>(null);
  // The reader has sent it, and it still goes up.
  const [sending, setSending] = useState(false);
  const box = useRef<HTMLFieldSetElement>(null);

  useEffect(() => {
    let current: Recording | null = null;
    let left = false;
    Recording.start().then(
      (started) => {
        if (left) return started.cancel();
        current = started;
        setRecording(started);
      },
      (error) => !left && setRefusal(refusalOf(error)),
    );
    return () => {
      left = true;
      current?.cancel();
    };
  }, []);
  useEffect(() => box.current?.focus(), []);

  const finish = async (send: boolean) => {
    if (!recording) return;
    const file = await recording.stop();
    const upload = startUpload(conversationId, file, "voice", "");
    setSending(send);
    setSpoken({ upload, milliseconds: recording.milliseconds.value, waveform: recording.waveform() });
  };
  return (
    <fieldset
      class="recorder"
      ref={box}
      tabIndex={-1}
      aria-label={w("voice.title")}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        onClose();
      }}
    >
      {spoken ? (
        <VoiceReview spoken={spoken} send={sending} onClose={onClose} />
      ) : recording ? (
        <RecorderLive
          recording={recording}
          onCancel={onClose}
          onStop={() => void finish(false)}
          onSend={() => void finish(true)}
        />
      ) : (
        <>
          <p role={refusal ? "alert" : "status"}>{w(refusal ? `voice.${refusal}` : "voice.asking")}</p>
          <button type="button" class="button" onClick={onClose}>
            {t("action.close")}
          </button>
        </>
      )}
    </fieldset>
  );
}
