// One call with its media: gives the media its people and keys as the signalling tells of them, and tells what happens.
import type { Client } from '../../client/api.js';
import type { Call, CallPerson } from '../../client/call-api.js';
import { startCallMedia, type CallMediaOptions } from '../../media/call-media.js';
import type { CallMedia, MediaStats } from '../../media/media.js';
import type { PytalkError } from '../../protocol/errors.js';
import type { CallNews } from './call-news.js';
import { listenFor, type CallWatcher } from './call-watcher.js';
import { ScreenTeller } from './screen-teller.js';

/** How this side takes part: what of the media's options a person chooses. */
export type CallSetup = Pick<
  CallMediaOptions,
  'camera' | 'screen' | 'mic' | 'speaker' | 'settings' | 'rtpOut' | 'shared'
> & {
  /** Media goes by the relay alone, and nobody is told this machine's addresses. */
  relayOnly?: boolean;
};

type Listener = (news: CallNews) => void;

export class LiveCall {
  readonly call: Call;
  /** Address of the page that shows this call as well; null for none. */
  page: string | null = null;
  /** As on the command line; `none` when this side has none. */
  camera: string;
  /** Of the speaker: 1 is as it came, 0 is silent. */
  volume = 1;
  #loudness = 1;
  readonly #client: Client;
  readonly #setup: CallSetup;
  readonly #listeners = new Set<Listener>();
  readonly #watchers = new Set<CallWatcher>();
  readonly #undo: (() => void)[] = [];
  /** The people that the media knows, as they were told last. */
  readonly #people = new Map<number, CallPerson>();
  #starting: Promise<CallMedia> | null = null;
  #media: CallMedia | null = null;
  #muted: boolean;
  #cameraOn: boolean;
  #screenOn: boolean;
  readonly #screen: ScreenTeller;
  #records = false;
  #isSaying = false;
  #isConnected = false;
  #inattentive: () => void = () => undefined;
  #closing: Promise<void> | null = null;
  #ended: (news: CallNews & { type: 'ended' }) => void = () => undefined;
  /** Resolves when the call is over and its media is closed. */
  readonly ended: Promise<CallNews & { type: 'ended' }>;

  constructor(client: Client, call: Call, setup: CallSetup) {
    this.#client = client;
    this.call = call;
    this.#setup = setup;
    this.camera = setup.camera;
    this.#muted = !this.hasMicrophone;
    this.#cameraOn = setup.camera !== 'none' && call.media === 'video';
    this.#screen = new ScreenTeller(call);
    this.#screenOn = setup.screen !== null && call.media === 'video';
    this.ended = new Promise((resolve) => (this.#ended = resolve));
    this.#undo.push(
      call.on('changed', () => this.#follow()),
      call.on('key', ({ person }) => this.#key(person)),
      call.on('renewed', ({ key }) => this.#media?.setOwnKey(key)),
      call.on('way', ({ person, way }) => this.#way(person, way)),
      call.on('gone', ({ person }) => this.#gone(person)),
      call.on('connected', () => void this.#connected()),
      call.on('ended', (end) => void this.#finish(end)),
    );
    // One that was joined is connected before anybody can listen, and who is in it must be told.
    if (call.phase === 'connected') queueMicrotask(() => void this.#connected());
    if (call.end !== null) void this.#finish(call.end);
  }

  /** Without one this side is muted all the time. */
  get hasMicrophone(): boolean {
    return this.#setup.mic !== 'none';
  }
  get muted(): boolean {
    return this.#muted;
  }
  get cameraOn(): boolean {
    return this.#cameraOn;
  }
  /** Whether the second picture is switched on. */
  get screenOn(): boolean {
    return this.#screenOn;
  }
  /** This account's username. */
  get ownName(): string {
    return this.#client.me?.username ?? '';
  }
  /** Whether the others are told that this side records: only then it may. */
  get othersKnow(): boolean {
    return this.#records && this.call.self?.recording === true;
  }
  /** Whether this side records or is going to, and who else does, by username. */
  get recorders(): { self: boolean; others: string[] } {
    const others = [...this.#people.values()].filter(({ recording }) => recording);
    return { self: this.#records, others: others.map(({ username }) => username) };
  }
  /** The other participants whose names are known, by number. */
  get people(): ReadonlyMap<number, CallPerson> {
    return this.#people;
  }

  on(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells of pictures and loudness from now on; returns the undo. */
  watch(watcher: CallWatcher): () => void {
    this.#watchers.add(watcher);
    this.#attend();
    return () => {
      this.#watchers.delete(watcher);
      this.#attend();
    };
  }

  /** Opens camera, microphone and speaker, and the way to the relay; for a call that this device is in. */
  async begin(): Promise<void> {
    const { self, relay, tunnel, media } = this.call;
    if (self === null || relay === null || this.#starting !== null || this.#closing !== null) return;
    this.#tellState();
    this.#starting = startCallMedia({
      ...this.#setup,
      camera: media === 'video' ? this.camera : 'none',
      access: relay,
      self,
      media,
      tunnel,
      ...(this.#setup.relayOnly !== true && { offer: (to, way) => this.call.ways.send(to, way) }),
    });
    const running = await this.#starting;
    this.#media = running;
    if (this.#isClosing()) return;
    this.#undo.push(
      running.on('path', ({ path }) => this.#tell({ type: 'path', path })),
      running.on('problem', (problem) => {
        // Why it is off is told last: that is what stays in sight.
        if (problem.part === 'screen' && problem.retryInMs === null) this.setScreen(false);
        this.#tell({ type: 'problem', ...problem });
      }),
      running.on('self', (event) => this.#watchers.forEach((watcher) => watcher.self(event))),
      running.on('frame', (event) => this.#watchers.forEach((watcher) => watcher.frame(event))),
      running.on('selfScreen', (event) => {
        if (!this.#screenOn) return;
        this.#screen.shows = true;
        this.#screen.tell();
        this.#watchers.forEach((watcher) => watcher.selfScreen?.(event));
      }),
      running.on('screen', (event) => this.#watchers.forEach((watcher) => watcher.screen?.(event))),
      running.on('sound', (event) => this.#watchers.forEach((watcher) => watcher.sound?.(event))),
      () => this.#inattentive(),
    );
    this.#attend();
    // What has happened while all of it was opened.
    if (this.call.self) running.setOwnKey(this.call.self.key);
    running.setMuted(this.#muted);
    running.setScreen(this.#screenOn);
    running.setCamera(this.#cameraOn, this.camera);
    for (const person of this.#people.values()) this.#introduce(person);
    this.#follow();
  }

  /** Without a microphone nothing happens. */
  setMuted(muted: boolean): void {
    if (muted === this.#muted || !this.hasMicrophone) return;
    this.#muted = muted;
    this.#media?.setMuted(muted);
    this.#tell({ type: 'muted', muted });
    // The others are told when the connection is back.
    this.call.set({ muted }).catch(() => undefined);
  }

  /** Off or on; `source` is the camera from now on. Without a camera nothing happens. */
  setCamera(on: boolean, source = this.camera): void {
    if (source === 'none' || this.call.media === 'audio') return;
    this.camera = source;
    this.#media?.setCamera(on, source);
    if (on === this.#cameraOn) return;
    this.#cameraOn = on;
    this.#tell({ type: 'camera', on });
    this.call.set({ camera: on }).catch(() => undefined);
  }

  /** The second picture: what was given for it, else the screen. */
  setScreen(on: boolean): void {
    if (on === this.#screenOn || this.call.media === 'audio') return;
    this.#screenOn = on;
    this.#media?.setScreen(on);
    this.#tell({ type: 'screen', on });
    // The others are told once there is a picture.
    if (!on) this.#screen.shows = false;
    this.#screen.tell();
  }

  /** Says to the others that this side records, or no longer; again after every loss of the connection, until they know. */
  setRecording(on: boolean, path: string, error: PytalkError | null = null): void {
    if (on === this.#records) return;
    this.#records = on;
    this.#tell({ type: 'recording', on, path, error });
    this.#sayRecording();
  }

  /** At most 2, in steps of a tenth. */
  setVolume(volume: number): void {
    this.volume = Math.min(2, Math.max(0, Math.round(volume * 10) / 10));
    this.#media?.setVolume(this.volume);
  }

  changeVolume(step: number): void {
    this.setVolume((this.volume === 0 ? this.#loudness : this.volume) + step);
  }

  /** Off, and on again as loud as before. */
  toggleSpeaker(): void {
    if (this.volume > 0) this.#loudness = this.volume;
    this.setVolume(this.volume > 0 ? 0 : this.#loudness);
  }

  stats(): MediaStats | null {
    return this.#media?.stats() ?? null;
  }

  /** Ends the call, if it is not over; resolves when everything is closed. Idempotent. */
  async hangUp(): Promise<void> {
    await this.call.hangUp();
    await this.ended;
  }

  /** What costs decoding is listened to only while somebody wants it. */
  #attend(): void {
    this.#inattentive();
    if (this.#media && !this.#isClosing()) this.#inattentive = listenFor(this.#watchers, this.#media);
  }

  /** What the others cannot know: for them microphone and camera are on until they are told. */
  #tellState(): void {
    const state = {
      ...(this.#muted && { muted: true }),
      ...(this.call.media === 'video' && !this.#cameraOn && { camera: false }),
    };
    if (Object.keys(state).length > 0) this.call.set(state).catch(() => undefined);
  }

  #isClosing(): boolean {
    return this.#closing !== null;
  }

  #tell(news: CallNews): void {
    for (const listener of [...this.#listeners]) listener(news);
  }

  #sayRecording(): void {
    const { self } = this.call;
    if (self === null || self.recording === this.#records || this.#isSaying) return;
    this.#isSaying = true;
    this.call
      .set({ recording: this.#records })
      .catch(() => undefined)
      .finally(() => (this.#isSaying = false));
  }

  /** Brings the media up to what the call says now. */
  #follow(): void {
    this.#sayRecording();
    this.#screen.tell();
    for (const person of this.call.people) {
      const known = this.#people.get(person.id);
      this.#people.set(person.id, { ...person });
      if (known === undefined) {
        this.#introduce(person);
        this.#tellOf(person, true);
      } else if (
        known.muted !== person.muted ||
        known.camera !== person.camera ||
        known.screen !== person.screen ||
        known.recording !== person.recording ||
        known.away !== person.away
      ) {
        this.#tellOf(person, true);
      }
    }
  }

  #introduce(person: CallPerson): void {
    this.#media?.addPerson({ id: person.id, username: person.username, ssrc: person.ssrc });
    if (person.key !== null) this.#media?.setKey(person.id, person.key);
    if (person.way !== null) this.#media?.offerCame(person.id, person.way);
  }

  #key(person: CallPerson): void {
    this.#follow();
    if (person.key !== null) this.#media?.setKey(person.id, person.key);
  }

  #way(person: CallPerson, way: Buffer): void {
    this.#follow();
    this.#media?.offerCame(person.id, way);
  }

  #gone(person: CallPerson): void {
    if (!this.#people.delete(person.id)) return;
    this.#media?.removePerson(person.id);
    this.#watchers.forEach((watcher) => watcher.gone?.(person.id));
    this.#tellOf(person, false);
  }

  #tellOf(person: CallPerson, joined: boolean): void {
    const { username: user, muted, camera, screen, recording, away } = person;
    this.#tell({ type: 'participant', user, joined, muted, camera, screen, recording, away });
  }

  async #connected(): Promise<void> {
    if (this.#isConnected) return;
    this.#isConnected = true;
    this.#follow();
    const [first] = this.call.people;
    const safety = first && (await this.#client.safetyNumber(first.username).catch(() => null));
    if (this.#isClosing()) return;
    this.#tell({
      type: 'connected',
      call: this.call.id,
      with: this.call.conversation,
      safetyNumber: safety?.number ?? null,
    });
  }

  async #finish(end: NonNullable<Call['end']>): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
    const news = { type: 'ended', call: this.call.id, ...end } as const;
    this.#tell(news);
    this.#ended(news);
  }

  async #close(): Promise<void> {
    for (const undo of this.#undo.splice(0)) undo();
    const media = await this.#starting?.catch(() => null);
    await media?.close();
  }
}
