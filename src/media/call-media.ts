// The media of a call, from the camera to the relay and from the relay to the speaker, as the list of its stages.
import type { CallMedia as MediaKind } from '../protocol/call-shapes.js';
import { PytalkError } from '../protocol/errors.js';
import { Ducker } from './audio/ducker.js';
import { AudioEncoder } from './audio/encoder.js';
import { openMicrophone as openOwnMicrophone } from './audio/microphone.js';
import { level } from './audio/mixer.js';
import { Playback } from './audio/playback.js';
import { openSpeaker } from './audio/speaker.js';
import { openCamera as openOwnCamera } from './capture/camera.js';
import { AdaptivePictures } from './adaptive-pictures.js';
import { FrameHold } from './frame-hold.js';
import {
  blockMs,
  blockSamples,
  type CallMedia,
  type CallMediaEvents,
  type CameraSettings,
  type JpegFrame,
  type MediaStats,
  type ReceivedFrame,
  type SenderKey,
  type Sink,
  type SoundBlock,
  type Source,
  type SourceEvents,
} from './media.js';
import { keepPace } from './pace.js';
import { RtpOut, type RtpTarget } from './rtp-out.js';
import { closed, SecondPicture, secondSettings } from './second-picture.js';
import { screenOf } from './screen-number.js';
import { MediaSession } from './session/media-session.js';
import type { MediaTunnel } from './session/tunnel-path.js';
import type { RelayTicket } from './session/ways.js';

export interface CallMediaOptions {
  access: RelayTicket;
  self: { id: number; ssrc: number; key: SenderKey };
  media: MediaKind;
  /** The way through the chat connection; null for none. */
  tunnel: MediaTunnel | null;
  /** Passes bytes to a participant, sealed, by which a direct way is found; without it media goes by the relay alone. */
  offer?: (to: number, bytes: Buffer) => void;
  /** As on the command line; `none` for no camera, microphone or speaker. */
  camera: string;
  /** Where the second picture comes from, once it is switched on; null for the screen. */
  screen: string | null;
  mic: string;
  speaker: string;
  settings: CameraSettings;
  /** Where to send what comes as plain RTP; null for nowhere. */
  rtpOut: RtpTarget | null;
  /** Gives what a camera and a microphone shared with other calls take; without it the call opens its own. */
  shared?: SharedCapture;
}

/** A camera and a microphone that several calls share. */
export interface SharedCapture {
  openCamera(events: SourceEvents<JpegFrame>): Source;
  openMicrophone(events: SourceEvents<SoundBlock>): Source;
  /** Null when they share none: then each opens its own. */
  openScreen?(events: SourceEvents<JpegFrame>): Source | null;
}

const selfId = 0;
/** A camera or speaker that cannot be opened is tried again after this. */
const reopenMs = 5_000;

/** Opens everything. Rejects only for what the person must mend first: where to send plain RTP. */
export async function startCallMedia(options: CallMediaOptions): Promise<CallMedia> {
  const rtpOut = options.rtpOut && (await RtpOut.open(options.rtpOut));
  const media = new RunningMedia(options, rtpOut);
  media.start();
  return media;
}

type Part = CallMediaEvents['problem']['part'];

class RunningMedia implements CallMedia {
  #options: CallMediaOptions;
  readonly #listeners = new Map<string, Set<(event: never) => void>>();
  readonly #session: MediaSession;
  readonly #rtpOut: RtpOut | null;
  readonly #encoder = new AudioEncoder();
  readonly #ducker = new Ducker();
  readonly #playback = new Playback({
    isWanted: () => this.#speaker !== null || this.#hasListener('heard') || this.#hasListener('level'),
    level: (from, loudness) => this.#emit('level', { from, level: loudness }),
    heard: (samples) => this.#heard(samples),
  });
  readonly #hold: FrameHold;
  readonly #pictures: AdaptivePictures;
  readonly #screen: SecondPicture;
  #camera: Promise<Source | null> = Promise.resolve(null);
  #microphone: Promise<Source | null> = Promise.resolve(null);
  #speaker: Sink | null = null;
  /** The speaker that is being opened; another one is tried only after it. */
  #opening: Promise<void> = Promise.resolve();
  readonly #retries = new Set<NodeJS.Timeout>();
  #stopPace: () => void = () => undefined;
  #wantsCamera: boolean;
  #muted = false;
  /** Loudness of what is played now. */
  #farLevel = 0;
  #ducks = (): boolean => false;
  #closing: Promise<void> | null = null;

  constructor(options: CallMediaOptions, rtpOut: RtpOut | null) {
    this.#options = options;
    this.#rtpOut = rtpOut;
    this.#wantsCamera = options.camera !== 'none' && options.media === 'video';
    this.#hold = new FrameHold((frame) => this.#emit('frame', frame));
    this.#session = new MediaSession(options, {
      frame: (frame) => this.#frameCame(frame),
      audioPacket: (from, packet, capturedAt) => {
        this.#rtpOut?.sound(from, packet);
        this.#emit('sound', { from, ...packet, capturedAt });
      },
      soundMade: (sound) => this.#emit('sound', { from: selfId, ...sound, capturedAt: sound.captureTimeMs }),
      path: (path) => this.#emit('path', { path }),
      screen: (frame) => this.#screenCame(frame),
      pictureRate: (bps) => this.#pictures.setBudget(bps),
      offer: options.offer,
      screenRate: (bps) => this.#screen.setBudget(bps),
    });
    this.#screen = new SecondPicture({
      open: (events) => this.#openScreen(events),
      send: (frame) => this.#session.sendFrame(frame, 'screen'),
      taken: (frame) => this.#emit('selfScreen', frame),
      problem: (error, retryInMs) => this.#problem('screen', error, retryInMs),
    });
    this.#pictures = new AdaptivePictures((frame) => this.#session.sendFrame(frame));
  }

  start(): void {
    this.#session.start();
    this.#stopPace = keepPace(blockMs, () =>
      this.#playback.beat(this.#session.people.values(), performance.now()),
    );
    // Not before whoever has started this listens.
    setImmediate(() => {
      if (this.#closing) return;
      if (this.#wantsCamera) this.#openCamera();
      this.#openMicrophone();
      this.#openSpeaker();
    });
  }

  addPerson(person: { id: number; username: string; ssrc: number }): void {
    this.#session.addPerson(person);
  }

  setKey(id: number, key: SenderKey): void {
    this.#session.setKey(id, key);
  }

  setOwnKey(key: SenderKey): void {
    this.#session.setOwnKey(key);
  }

  offerCame(from: number, bytes: Buffer): void {
    this.#session.offerCame(from, bytes);
  }

  removePerson(id: number): void {
    this.#session.removePerson(id);
    this.#hold.forget(id);
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
  }

  setCamera(on: boolean, source: string): void {
    const isSame = on === this.#wantsCamera && source === this.#options.camera;
    if (source === 'none' || isSame || this.#closing) return;
    this.#options = { ...this.#options, camera: source };
    this.#wantsCamera = on;
    if (on) this.#openCamera();
    else this.#camera = this.#camera.then(closed);
  }

  setScreen(on: boolean): void {
    if (this.#options.media === 'video') this.#screen.set(on);
  }

  setVolume(volume: number): void {
    this.#playback.volume = Math.min(2, Math.max(0, volume));
  }

  stats(): MediaStats {
    return this.#session.stats();
  }

  on<T extends keyof CallMediaEvents>(type: T, listener: (event: CallMediaEvents[T]) => void): () => void {
    const set = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, set);
    set.add(listener);
    return () => set.delete(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopPace();
    this.#hold.close();
    this.#pictures.close();
    for (const timer of this.#retries) clearTimeout(timer);
    await this.#session.close();
    await Promise.all([
      this.#camera.then(closed),
      this.#screen.close(),
      this.#microphone.then(closed),
      this.#opening,
      this.#rtpOut?.close(),
    ]);
    await this.#speaker?.close().catch(() => undefined);
  }

  #hasListener(type: keyof CallMediaEvents): boolean {
    return (this.#listeners.get(type)?.size ?? 0) > 0;
  }

  #emit<T extends keyof CallMediaEvents>(type: T, event: CallMediaEvents[T]): void {
    for (const listener of this.#listeners.get(type) ?? []) {
      (listener as (event: CallMediaEvents[T]) => void)(event);
    }
  }

  #problem(part: Part, error: PytalkError, retryInMs: number | null): void {
    if (!this.#closing) this.#emit('problem', { part, error, retryInMs });
  }

  // ---- out ------------------------------------------------------------------------------------------------

  #openCamera(): void {
    const { camera, settings, shared } = this.#options;
    const isStill = (): boolean => this.#wantsCamera && this.#options.camera === camera;
    const events = {
      data: (frame: JpegFrame) => this.#frameTaken(frame),
      problem: (error: PytalkError, retryInMs: number | null) => this.#problem('camera', error, retryInMs),
    };
    this.#camera = this.#camera
      .then(closed)
      .then(() => shared?.openCamera(events) ?? openOwnCamera(camera, settings, events))
      .catch((error: unknown) => {
        const again = (): void => {
          if (isStill()) this.#openCamera();
        };
        return isStill() ? this.#failed('camera', camera, again)(error) : null;
      });
  }

  #openScreen(events: SourceEvents<JpegFrame>): Source | Promise<Source> {
    const { screen, settings, shared } = this.#options;
    const spec = screen ?? 'screen';
    const ofAll = screen === null ? null : shared?.openScreen?.(events);
    return ofAll ?? openOwnCamera(spec, secondSettings(spec, settings), events);
  }

  #openMicrophone(): void {
    const { mic, settings, shared } = this.#options;
    if (mic === 'none') return;
    const events = {
      data: (block: SoundBlock) => this.#soundTaken(block),
      problem: (error: PytalkError, retryInMs: number | null) =>
        this.#problem('microphone', error, retryInMs),
    };
    this.#microphone = Promise.resolve(
      shared?.openMicrophone(events) ?? openOwnMicrophone(mic, settings, events),
    ).catch(this.#failed('microphone', mic, () => this.#openMicrophone()));
    void this.#microphone.then((microphone) => {
      const isInRoom = isRoom(mic) && isRoom(this.#options.speaker);
      // A shared one is opened again now and then, and may be another one.
      this.#ducks = () => isInRoom && microphone?.cancelsEcho !== true;
    });
  }

  #openSpeaker(): void {
    const { speaker, settings } = this.#options;
    if (speaker === 'none') return;
    this.#opening = openSpeaker(speaker, settings)
      .then((sink) => {
        if (this.#closing) return sink.close();
        this.#speaker = sink;
        return undefined;
      })
      .catch((error: unknown) => {
        this.#failed('speaker', speaker, () => this.#openSpeaker())(error);
      });
  }

  /** Tells what could not be opened; devices, which may be plugged in, are tried again. */
  #failed(part: Part, spec: string, again: () => void): (error: unknown) => null {
    return (error) => {
      if (this.#closing) return null;
      const isOurs = error instanceof PytalkError;
      const known = isOurs ? error : new PytalkError('internal', { cause: error });
      const retries = isOurs && error.code !== 'ffmpeg-missing' && isRoom(spec);
      this.#problem(part, known, retries ? reopenMs : null);
      if (!retries) return null;
      const timer = setTimeout(() => {
        this.#retries.delete(timer);
        again();
      }, reopenMs);
      this.#retries.add(timer);
      return null;
    };
  }

  #frameTaken(frame: JpegFrame): void {
    if (!this.#wantsCamera || this.#closing) return;
    this.#pictures.push(frame);
    this.#emit('self', frame);
  }

  #soundTaken({ samples, capturedAt }: SoundBlock): void {
    if (this.#closing) return;
    if (this.#playback.isLevelBeat && this.#hasListener('level')) {
      this.#emit('level', { from: selfId, level: this.#muted ? 0 : level(samples) });
    }
    // Nothing at all is sent while muted, not even silence.
    if (this.#muted) return;
    const spoken = this.#ducks() ? this.#ducker.process(samples, this.#farLevel) : samples;
    this.#session.sendSound(this.#encoder, { samples: spoken, capturedAt });
  }

  // ---- in -------------------------------------------------------------------------------------------------

  #frameCame(frame: ReceivedFrame): void {
    this.#rtpOut?.frame(frame);
    const person = this.#session.people.get(frame.from);
    const soundMs = person?.audio.isPlaying === true ? person.audio.stats.delayMs : 0;
    this.#hold.push(frame, this.#speaker ? soundMs + this.#speaker.delayMs : 0);
  }

  #screenCame(frame: ReceivedFrame): void {
    this.#rtpOut?.frame({ ...frame, from: screenOf(frame.from) });
    this.#emit('screen', frame);
  }

  /** What is heard in these 20 ms; null for silence. */
  #heard(samples: Int16Array | null): void {
    if (samples) this.#emit('heard', { samples });
    this.#farLevel = samples && this.#ducks() ? level(samples) : 0;
    this.#speaker?.write(samples ?? silence);
  }
}

const silence = new Int16Array(blockSamples);

/** Whether a microphone or speaker stands in a room, and is no file or test. */
function isRoom(spec: string): boolean {
  return spec !== 'none' && spec !== 'test' && !spec.startsWith('file:');
}
