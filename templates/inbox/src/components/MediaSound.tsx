import { useEffect } from "preact/hooks";
import { duration } from "../format";
import { locale, t } from "../i18n";
import { v } from "../i18n/viewer";
import * as player from "../player";
import type { Media, Message } from "../types";
import { PauseIcon, PlayIcon, VoiceIcon } from "./icons";
import { MediaDocument } from "./MediaDocument";

interface Props {
  message: Message;
  file: Media & { url: string };
  title: string;
}

/** A voice message or a song: the bars are its loudness, and the place in it. */
export function MediaSound({ message, file, title }: Props) {
  const { id } = file;
  const playing = player.isPlaying(id);
  const at = player.placeIn(id);
  const length = (file.duration_ms ?? 0) / 1000;
  const times = `${duration(Math.round(at))} / ${duration(Math.round(length))}`;

  useEffect(() => () => void (player.isPlaying(id) && player.pause()), [id]);

  // What this browser cannot play can still be saved.
  if (player.isRefused(id)) return <MediaDocument message={message} file={file} title={title} />;
  return (
    <>
      <button
        type="button"
        class="media-play"
        aria-label={t(playing ? "media.pause" : "media.play")}
        onClick={() => (playing ? player.pause() : void player.play(message))}
      >
        {playing ? <PauseIcon /> : <PlayIcon />}
      </button>
      <div class="media-track">
        <Bars loudness={file.waveform} share={length > 0 ? at / length : 0} />
        <input
          type="range"
          min="0"
          max={length}
          step={Math.max(0.1, Math.round(length / 5) / 10)}
          value={at}
          aria-label={t("media.position", { name: title })}
          aria-valuetext={times}
          onInput={(event) => player.seek(id, event.currentTarget.valueAsNumber)}
        />
        <small>{playing || at > 0 ? times : duration(Math.round(length))}</small>
      </div>
      {player.isCurrent(id) ? <Speed /> : <Mark message={message} file={file} />}
    </>
  );
}

function Speed() {
  const shown = `${player.speed.value.toLocaleString(locale)}×`;
  return (
    <button type="button" class="media-speed" aria-label={v("speed", { speed: shown })} onClick={player.changeSpeed}>
      {shown}
    </button>
  );
}

/** Whether somebody has listened: here to the customer's, and the customer to ours, as far as WhatsApp tells. */
function Mark({ message: { direction, status, audio }, file }: Pick<Props, "message" | "file">) {
  if (!audio?.voice) return null;
  const played = direction === "inbound" ? player.wasPlayed(file.id) : status === "played";
  const label = v(played ? "played" : "unplayed");
  return (
    <span class={`media-mark ${played ? "media-played" : ""}`} role="img" aria-label={label} title={label}>
      <VoiceIcon />
    </span>
  );
}

const shown = 44;

function Bars({ loudness, share }: { loudness: number[] | null; share: number }) {
  const bars = Array.from({ length: shown }, (_, bar) => {
    const value = loudness?.[Math.floor((bar * loudness.length) / shown)] ?? 0;
    return { bar, height: 3 + (value / 255) * 21 };
  });
  return (
    <svg class="media-bars" viewBox={`0 0 ${shown * 4} 24`} preserveAspectRatio="none" aria-hidden="true">
      {bars.map(({ bar, height }) => (
        <rect
          key={bar}
          class={bar / shown < share ? "played" : ""}
          x={bar * 4}
          y={12 - height / 2}
          width="2.4"
          height={height}
          rx="1.2"
        />
      ))}
    </svg>
  );
}
