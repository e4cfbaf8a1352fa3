// A call kept in a file: each person's pictures and sound as they came, brought onto one clock, in tracks of their own.
import { open, rm, type FileHandle } from 'node:fs/promises';
import { PytalkError } from '../../protocol/errors.js';
import type { Clock } from '../session/outside.js';
import { Muxer } from './muxer.js';
import { PersonClock } from './person-clock.js';
import { RecordFile, type Disk } from './record-file.js';
import { SoundTrack } from './sound-track.js';
import { wholeJpeg } from './whole-jpeg.js';

/** Blocks wait so long for others from before them: longer than a late picture is waited for, and held for its sound. */
const windowMs = 1_200;
const writeEveryMs = 250;
/** When so much waits for the disk, pictures are left out: a slow disk must not fill the memory. */
const maxWaitingBytes = 32 * 1024 * 1024;
/** Between two calls in one file. */
const pauseMs = 1_000;

/** When something was captured, on this machine's clock as well as measured, and on the sender's if it told. */
interface Captured {
  readonly capturedAt: number;
  readonly captureTimeMs: number | null;
}
export interface PictureToKeep extends Captured {
  readonly jpeg: Buffer;
  readonly width: number;
  readonly height: number;
}
export interface SoundToKeep extends Captured {
  readonly payloadType: number;
  readonly timestamp: number;
  readonly payload: Buffer;
}

interface Picture {
  /** On the sender's clock, as all that waits: brought onto ours only when it is written, then both kinds alike. */
  readonly atMs: number;
  readonly jpeg: Buffer;
  readonly width: number;
  readonly height: number;
}

/** One participant: whoever comes back is another one, with the same tracks. */
interface Person {
  readonly name: string;
  readonly clock: PersonClock;
  readonly sound: SoundTrack;
  pictures: Picture[];
}

export interface RecordingOptions {
  /** The disk is full, or fails otherwise: told once, and nothing is kept after that. */
  ended(error: PytalkError): void;
  time: Pick<Clock, 'after'> & { wallMs(): number };
}

/** Makes the file. Rejects with `file-exists` or `file-unwritable`. */
export async function createRecording(path: string, options: RecordingOptions): Promise<Recording> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'wx', 0o600);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new PytalkError('file-exists', { details: { path }, cause });
    }
    throw unwritable(path, cause);
  }
  return new Recording(path, handle, options);
}

function unwritable(path: string, cause: unknown): PytalkError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new PytalkError('file-unwritable', { details: { path, reason }, cause });
}

export class Recording {
  readonly path: string;
  readonly #file: RecordFile;
  readonly #time: RecordingOptions['time'];
  /** Made with the first block, so that a call that nobody takes leaves an empty file, which is taken away. */
  #muxer: Muxer | null = null;
  readonly #people = new Map<number, Person>();
  /** What on the clock is 0 in the file; null before the first block of a call. */
  #zeroMs: number | null = null;
  #isOver = false;
  #stopTimer: () => void = () => undefined;
  #closing: Promise<void> | null = null;

  constructor(path: string, disk: Disk, options: RecordingOptions) {
    this.path = path;
    this.#time = options.time;
    this.#file = new RecordFile(disk, (error) => {
      this.#isOver = true;
      options.ended(unwritable(path, error));
    });
    this.#later();
  }

  /** Whether there is anything to be seen or heard. */
  get isEmpty(): boolean {
    return this.#muxer === null;
  }

  picture(id: number, name: string, { jpeg, width, height, ...captured }: PictureToKeep): void {
    if (this.#isOver || this.#file.waitingBytes > maxWaitingBytes) return;
    const person = this.#person(id, name);
    const atMs = person.clock.captured(captured.captureTimeMs, captured.capturedAt);
    person.pictures.push({ atMs, jpeg, width, height });
  }

  sound(id: number, name: string, packet: SoundToKeep): void {
    if (this.#isOver) return;
    const person = this.#person(id, name);
    person.sound.push(packet, person.clock.captured(packet.captureTimeMs, packet.capturedAt));
  }

  /** Somebody has left: what came of them is still written. */
  gone(id: number): void {
    const person = this.#people.get(id);
    if (!person) return;
    this.#write(Infinity, new Map([[id, person]]));
    this.#people.delete(id);
  }

  /** The call is over; another one goes on in the same file. */
  pause(): void {
    this.#write(Infinity);
    this.#people.clear();
    this.#zeroMs = null;
  }

  /** Resolves when everything is on the disk. A file in which nothing is is taken away. Idempotent. */
  close(): Promise<void> {
    return (this.#closing ??= (async () => {
      this.#stopTimer();
      this.pause();
      if (!this.#isOver) this.#muxer?.end();
      this.#isOver = true;
      await this.#file.close();
      if (this.isEmpty) await rm(this.path, { force: true });
    })());
  }

  #person(id: number, name: string): Person {
    const known = this.#people.get(id);
    if (known) return known;
    const person = { name, clock: new PersonClock(), sound: new SoundTrack(), pictures: [] };
    this.#people.set(id, person);
    return person;
  }

  #later(): void {
    this.#stopTimer = this.#time.after(writeEveryMs, () => {
      this.#write(this.#time.wallMs() - windowMs);
      if (!this.#isOver) this.#later();
    });
  }

  /** Writes what was captured before `untilMs`, all tracks together in order. */
  #write(untilMs: number, people: ReadonlyMap<number, Person> = this.#people): void {
    if (this.#isOver) return;
    const due = [...people.values()]
      .flatMap((person) => dueOf(person, untilMs))
      .sort((a, b) => a.atMs - b.atMs);
    const [first] = due;
    if (!first) return;
    this.#muxer ??= new Muxer(this.#file, { startedAt: first.atMs, app: 'PyTalk' });
    const { endMs } = this.#muxer;
    this.#zeroMs ??= first.atMs - (endMs === 0 ? 0 : endMs + pauseMs);
    for (const { atMs, data, fields } of due) {
      const track = this.#muxer.track(fields);
      if (track !== null) this.#muxer.block(track, atMs - this.#zeroMs, data);
    }
  }
}

type Due = { atMs: number; data: Buffer; fields: Parameters<Muxer['track']>[0] };

function dueOf(person: Person, untilMs: number): Due[] {
  const { name, sound, pictures } = person;
  const { offsetMs } = person.clock;
  const until = untilMs - offsetMs;
  const ready = pictures.filter(({ atMs }) => atMs < until);
  person.pictures = pictures.filter(({ atMs }) => atMs >= until);
  return [
    ...ready.map(({ atMs, jpeg, width, height }): Due => {
      const fields = { kind: 'pictures', name, width, height } as const;
      return { atMs: atMs + offsetMs, data: wholeJpeg(jpeg), fields };
    }),
    ...sound.due(until).map(({ atMs, data }): Due => {
      return { atMs: atMs + offsetMs, data, fields: { kind: 'sound', name } };
    }),
  ];
}
