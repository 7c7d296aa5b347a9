import { signal } from "@preact/signals";

export type Refusal = "absent" | "blocked" | "denied";

/** Milliseconds; a voice note that goes on for longer is stopped, and can be sent. */
const longest = 15 * 60_000;
const bars = 48;
const points = 64;
const types = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4", "audio/webm"];

/** The page around the iframe decides whether it may ask for the microphone at all. Chromium tells; others only refuse. */
function isBlocked(): boolean {
  const policy = (document as { featurePolicy?: { allowsFeature(name: string): boolean } }).featurePolicy;
  return policy !== undefined && !policy.allowsFeature("microphone");
}

/** Why the microphone cannot be had. */
export function refusalOf(error: unknown): Refusal {
  if (isBlocked()) return "blocked";
  return error instanceof DOMException && error.name === "NotFoundError" ? "absent" : "denied";
}

/** One voice note while it is spoken. */
export class Recording {
  readonly phase = signal<"recording" | "paused" | "stopped">("recording");
  readonly milliseconds = signal(0);
  /** The loudness of the last moments, from 0 to 1, oldest first. */
  readonly levels = signal<readonly number[]>(Array.from({ length: bars }, () => 0));

  private readonly recorder: MediaRecorder;
  private readonly audio = new AudioContext();
  private readonly analyser = this.audio.createAnalyser();
  private readonly samples = new Float32Array(512);
  private readonly parts: Blob[] = [];
  private readonly loudness: number[] = [];
  private readonly timer: number;
  /** It also ends when the microphone is pulled out. */
  private readonly over: Promise<void>;
  private before = 0;
  private since = performance.now();

  /** Asks for the microphone. Fails with what getUserMedia fails with: see refusalOf. */
  static async start(): Promise<Recording> {
    // Asked for all the same, it would be refused as a violation of the policy.
    if (isBlocked()) throw new DOMException("the page does not allow it", "NotAllowedError");
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true },
    });
    return new Recording(stream);
  }

  private constructor(private readonly stream: MediaStream) {
    const mimeType = types.find((type) => MediaRecorder.isTypeSupported(type));
    this.recorder = new MediaRecorder(stream, { audioBitsPerSecond: 32_000, ...(mimeType ? { mimeType } : {}) });
    this.recorder.ondataavailable = ({ data }) => this.parts.push(data);
    this.over = new Promise((resolve) => {
      this.recorder.onstop = () => {
        if (this.phase.value !== "stopped") this.pause();
        resolve();
      };
    });
    this.audio.createMediaStreamSource(stream).connect(this.analyser);
    this.analyser.fftSize = this.samples.length;
    this.recorder.start();
    this.timer = window.setInterval(() => this.measure(), 80);
  }

  pause(): void {
    this.before = this.elapsed();
    if (this.recorder.state === "recording") this.recorder.pause();
    this.phase.value = "paused";
  }

  resume(): void {
    if (this.recorder.state !== "paused") return;
    this.since = performance.now();
    this.recorder.resume();
    this.phase.value = "recording";
  }

  /** Ends it, and gives what was said. */
  async stop(): Promise<Blob> {
    this.end();
    await this.over;
    return new Blob(this.parts, { type: this.recorder.mimeType });
  }

  /** Loudnesses from 0 to 255, as a message's `waveform` has them. */
  waveform(): number[] {
    const { loudness } = this;
    return Array.from({ length: points }, (_, point) =>
      Math.round(255 * (loudness[Math.floor((point * loudness.length) / points)] ?? 0)),
    );
  }

  /** Ends it, and forgets what was said. */
  cancel(): void {
    this.end();
  }

  private end(): void {
    if (this.phase.value === "stopped") return;
    this.milliseconds.value = this.elapsed();
    this.phase.value = "stopped";
    clearInterval(this.timer);
    if (this.recorder.state !== "inactive") this.recorder.stop();
    for (const track of this.stream.getTracks()) track.stop();
    void this.audio.close();
  }

  private elapsed(): number {
    return this.phase.value === "recording" ? this.before + performance.now() - this.since : this.before;
  }

  private measure(): void {
    if (this.phase.value !== "recording") return;
    this.milliseconds.value = this.elapsed();
    this.analyser.getFloatTimeDomainData(this.samples);
    const loudest = this.samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    const level = Math.min(1, loudest * 1.6);
    this.loudness.push(level);
    this.levels.value = [...this.levels.value.slice(1), level];
    if (this.milliseconds.value >= longest) this.pause();
  }
}
