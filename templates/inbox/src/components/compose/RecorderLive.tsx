import { useEffect, useRef } from "preact/hooks";
import type { Recording } from "../../compose/recording";
import { duration } from "../../format";
import { t } from "../../i18n";
import { w } from "../../i18n/tools";
import { MicrophoneIcon, PauseIcon, SendIcon, StopIcon, TrashIcon } from "../icons";

interface Props {
  recording: Recording;
  onCancel: () => void;
  onStop: () => void;
  onSend: () => void;
}

export function RecorderLive({ recording, onCancel, onStop, onSend }: Props) {
  const stop = useRef<HTMLButtonElement>(null);
  const paused = recording.phase.value === "paused";
  useEffect(() => stop.current?.focus(), []);
  return (
    <>
      <button
        type="button"
        class="tool"
        aria-label={w("voice.discard")}
        title={`${w("voice.discard")} (Esc)`}
        onClick={onCancel}
      >
        <TrashIcon />
      </button>
      <span class={paused ? "recording-dot" : "recording-dot recording-on"} />
      <time class="recording-time">{duration(Math.floor(recording.milliseconds.value / 1000))}</time>
      <span class="visually-hidden" role="status">
        {w(paused ? "voice.paused" : "voice.recording")}
      </span>
      <Level recording={recording} />
      <button
        type="button"
        class="tool"
        aria-label={w(paused ? "voice.resume" : "voice.pause")}
        title={w(paused ? "voice.resume" : "voice.pause")}
        onClick={() => (paused ? recording.resume() : recording.pause())}
      >
        {paused ? <MicrophoneIcon /> : <PauseIcon />}
      </button>
      <button
        ref={stop}
        type="button"
        class="tool"
        aria-label={w("voice.stop")}
        title={w("voice.stop")}
        onClick={onStop}
      >
        <StopIcon />
      </button>
      <button type="button" class="send" aria-label={t("composer.send")} title={t("composer.send")} onClick={onSend}>
        <SendIcon />
      </button>
    </>
  );
}

/** How loud it is, newest at the end. */
function Level({ recording }: { recording: Recording }) {
  const levels = recording.levels.value;
  return (
    <svg
      class="media-bars recording-level"
      viewBox={`0 0 ${levels.length * 4} 24`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {levels.map((level, bar) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars stand still, and their heights move
        <rect key={bar} x={bar * 4} y={11 - level * 10} width="2.4" height={2 + level * 20} rx="1.2" />
      ))}
    </svg>
  );
}
