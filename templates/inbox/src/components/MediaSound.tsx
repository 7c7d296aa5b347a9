import { useEffect, useRef, useState } from "preact/hooks";
import { duration } from "../format";
import { t } from "../i18n";
import { isStale, renew } from "../mediaFile";
import type { Media, Message } from "../types";
import { PauseIcon, PlayIcon } from "./icons";
import { MediaDocument } from "./MediaDocument";

interface Props {
  message: Message;
  file: Media & { url: string };
  title: string;
}

/** One at a time is heard. */
let heard: HTMLAudioElement | null = null;

/** A voice message or a song: the bars are its loudness, and the place in it. */
export function MediaSound({ message, file, title }: Props) {
  const audio = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [broken, setBroken] = useState(false);
  const length = (file.duration_ms ?? 0) / 1000;

  useEffect(() => () => audio.current?.pause(), []);

  // Some browsers do not know Opus or AMR: the file can still be saved.
  if (broken) return <MediaDocument message={message} file={file} title={title} />;

  const toggle = async () => {
    const player = audio.current;
    if (!player) return;
    if (playing) return player.pause();
    if (isStale(file.url)) await renew(message).catch(() => undefined);
    if (heard !== player) heard?.pause();
    heard = player;
    await player.play().catch(() => undefined);
  };
  const seek = (seconds: number) => {
    setAt(seconds);
    if (audio.current) audio.current.currentTime = seconds;
  };
  return (
    <div class="media-sound">
      <button type="button" class="media-play" aria-label={t(playing ? "media.pause" : "media.play")} onClick={toggle}>
        {playing ? <PauseIcon /> : <PlayIcon />}
      </button>
      <div class="media-track">
        <Bars loudness={file.waveform} share={length > 0 ? at / length : 0} />
        <input
          type="range"
          min="0"
          max={length}
          step="0.1"
          value={at}
          aria-label={t("media.position", { name: title })}
          aria-valuetext={`${duration(Math.round(at))} / ${duration(Math.round(length))}`}
          onInput={(event) => seek(event.currentTarget.valueAsNumber)}
        />
        <small>{duration(Math.round(playing || at > 0 ? at : length))}</small>
      </div>
      {/* biome-ignore lint/a11y/useMediaCaption: a voice message comes without captions */}
      <audio
        ref={audio}
        src={file.url}
        preload="none"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onEnded={() => setAt(0)}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onError={(event) => setBroken(event.currentTarget.error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED)}
      />
    </div>
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
