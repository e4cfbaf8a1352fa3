// Receives one person's pictures: orders packets, asks for what is missing, releases whole pictures in order, each once.
import { ProtocolError } from '../../protocol/errors.js';
import { buildJpeg, decodeJpegPayload } from '../../protocol/rtp-jpeg.js';
import { timestampDiff, type RtpPacket } from '../../protocol/rtp.js';
import { FrameAssembly } from './frame-assembly.js';
import { Gaps, type RoundTrips } from './gaps.js';

/** How long a missing packet is waited for: at least, and as a rule at most; between them two to three times a recovery. */
const minPatienceMs = 60;
const maxPatienceMs = 240;
/** On a long way one recovery is waited for all the same, up to so long: a late picture says more than none. */
const farPatienceMs = 600;
/** Where repair packets come, this much after the last of a picture is due what still lacks something is given up. */
const repairSlackMs = 25;
/** Repair packets do nearly all while so many pictures become whole in time without asking; below the other share no longer. */
const enoughFrom = 0.96;
const enoughDownTo = 0.92;
/** Of the newest picture in that share. */
const enoughMemory = 1 / 45;
/** Over such a time the packets of a picture are sent. */
const spreadMs = 60;
/** So long after pictures were left out for this receiver, the others come as slowly as its way wants. */
const thinnedMs = 5_000;
/** And the next packet of a picture may take this long. */
const thinnedPatienceMs = 3_000;
/** And one that was lost and asked for. */
const thinnedGapMs = 1_500;
/** Pictures being put together at once; the oldest is given up. */
const maxAssemblies = 24;

/** A whole picture, not yet told when on this machine's clock it was taken. */
export interface WholeFrame {
  readonly jpeg: Buffer;
  readonly width: number;
  readonly height: number;
  readonly timestamp: number;
  /** Whether it is the next that was sent here after the last one. */
  readonly follows: boolean;
  /** On the sender's clock; null when the packets did not say. */
  readonly captureTimeMs: number | null;
}

export class VideoReceiver {
  readonly #gaps = new Gaps();
  readonly #release: (frame: WholeFrame) => void;
  /** By timestamp. */
  readonly #assemblies = new Map<number, FrameAssembly>();
  /** Number of the last packet of the picture released or given up last. */
  #doneUpTo: number | null = null;
  #newestTimestamp: number | null = null;
  /** Number of the last packet of the picture released last. */
  #releasedUpTo: number | null = null;
  /** Share of the last pictures that were whole in time for not having to ask. */
  #inTime = (enoughFrom + enoughDownTo) / 2;
  #isRepairEnough = false;
  /** When the relay told last that it had left pictures out. */
  #thinnedAtMs = -Infinity;
  /** Whole pictures released, and pictures given up that were begun. */
  frames = 0;
  lost = 0;

  constructor(release: (frame: WholeFrame) => void) {
    this.#release = release;
  }

  get gaps(): Gaps {
    return this.#gaps;
  }

  /** True while something is waited for, so that `tick` must be called. */
  get isWaiting(): boolean {
    return !this.#gaps.isEmpty || this.#assemblies.size > 0;
  }

  /** Whether repair packets come with the pictures. */
  setProtected(isProtected: boolean): void {
    this.#gaps.isProtected = isProtected;
    if (!isProtected) this.#isRepairEnough = false;
  }

  /** As `leftOut` of the gaps. */
  leftOut(first: number, count: number, nowMs: number): number {
    this.#thinnedAtMs = nowMs;
    const news = this.#gaps.leftOut(first, count, nowMs);
    if (news > 0) this.#releaseReady();
    return news;
  }

  /** Whether the relay leaves pictures out for this receiver. */
  isThinned(nowMs: number): boolean {
    return nowMs - this.#thinnedAtMs < thinnedMs;
  }

  /**
   * Takes a packet that was decrypted, or was worked out of repair packets. What is not RTP/JPEG is passed over. Returns false for
   * a packet that came before.
   */
  push(packet: RtpPacket, nowMs: number, rtt?: RoundTrips, isRecovered = false): boolean {
    const { sequenceNumber } = packet;
    const extended = isRecovered
      ? this.#gaps.recovered(sequenceNumber, nowMs)
      : this.#gaps.arrived(sequenceNumber, nowMs, rtt);
    if (extended === null) return false;
    if (this.#doneUpTo !== null && extended <= this.#doneUpTo) return true;
    let fragment;
    try {
      fragment = decodeJpegPayload(packet.payload);
    } catch (error) {
      if (error instanceof ProtocolError) return true;
      throw error;
    }
    let assembly = this.#assemblies.get(packet.timestamp);
    if (!assembly) {
      assembly = new FrameAssembly(packet.timestamp, nowMs);
      this.#assemblies.set(packet.timestamp, assembly);
      if (this.#assemblies.size > maxAssemblies) this.#giveUpOldest();
    }
    assembly.captureTimeMs ??= packet.captureTimeMs;
    assembly.newestMs = nowMs;
    const wasComplete = assembly.isComplete;
    if (!assembly.add(extended, fragment, packet.marker)) this.#giveUp(assembly);
    else if (assembly.isComplete && !wasComplete) {
      this.#judgeRepair(nowMs - assembly.sinceMs <= this.#repairPatienceMs + spreadMs);
    }
    this.#releaseReady();
    return true;
  }

  /** Called every few milliseconds while `isWaiting`: returns the sequence numbers to ask for. */
  tick(nowMs: number): number[] {
    const patienceMs = this.isThinned(nowMs) ? thinnedGapMs : this.patienceMs;
    const due = this.#gaps.due(nowMs, patienceMs, !this.#isRepairEnough);
    this.#releaseReady();
    for (const assembly of this.#assemblies.values()) {
      // Its end never came, and nothing after it either.
      const isOver = this.isThinned(nowMs)
        ? nowMs - assembly.newestMs > thinnedPatienceMs
        : nowMs - assembly.sinceMs > patienceMs + maxPatienceMs;
      if (isOver) this.#giveUp(assembly);
    }
    return due;
  }

  /** How long a packet that was overtaken, and repair packets, may take at most. */
  get #repairPatienceMs(): number {
    return this.#gaps.reorderMs + repairSlackMs;
  }

  #judgeRepair(isInTime: boolean): void {
    this.#inTime += ((isInTime ? 1 : 0) - this.#inTime) * enoughMemory;
    if (!this.#gaps.isProtected) return;
    this.#isRepairEnough = this.#inTime >= (this.#isRepairEnough ? enoughDownTo : enoughFrom);
  }

  get patienceMs(): number {
    if (this.#isRepairEnough) return this.#repairPatienceMs;
    const { recoveryMs } = this.#gaps;
    const several = Math.min(maxPatienceMs, recoveryMs * 3.2 + 20);
    const one = Math.min(farPatienceMs, recoveryMs * 1.4 + 40);
    return Math.max(minPatienceMs, several, one);
  }

  #inOrder(): FrameAssembly[] {
    return [...this.#assemblies.values()].sort((a, b) => timestampDiff(a.timestamp, b.timestamp));
  }

  /** Releases every whole picture that nothing before it can overtake any more. */
  #releaseReady(): void {
    for (const assembly of this.#inOrder()) {
      if (!assembly.isComplete) {
        // Older pictures whose packets may still come are waited for; those that cannot are passed over.
        if (this.#canComplete(assembly)) return;
        continue;
      }
      const first = assembly.first ?? 0;
      if (this.#doneUpTo !== null && this.#gaps.isOpenBetween(this.#doneUpTo, first)) return;
      for (const older of this.#inOrder()) {
        if (timestampDiff(older.timestamp, assembly.timestamp) < 0) this.#giveUp(older);
      }
      this.#assemblies.delete(assembly.timestamp);
      this.#done(assembly.last ?? first);
      this.#emit(assembly);
    }
  }

  /** Whether packets that it may lack can still come. */
  #canComplete(assembly: FrameAssembly): boolean {
    const newer = this.#inOrder().filter((one) => timestampDiff(one.timestamp, assembly.timestamp) > 0);
    // The newest picture just has not come whole yet.
    if (newer.length === 0) return true;
    const next = Math.min(...newer.map((one) => one.lowest));
    return this.#gaps.isOpenBetween(this.#doneUpTo ?? assembly.lowest - 1, next);
  }

  #giveUpOldest(): void {
    const [oldest] = this.#inOrder();
    if (oldest) this.#giveUp(oldest);
  }

  #giveUp(assembly: FrameAssembly): void {
    if (!this.#assemblies.delete(assembly.timestamp)) return;
    this.lost++;
    if (!assembly.isComplete) this.#judgeRepair(false);
    this.#done(assembly.highest);
  }

  #done(extended: number): void {
    this.#doneUpTo = Math.max(this.#doneUpTo ?? extended, extended);
    this.#gaps.dropBefore(this.#doneUpTo);
  }

  #emit(assembly: FrameAssembly): void {
    const isNewer =
      this.#newestTimestamp === null || timestampDiff(assembly.timestamp, this.#newestTimestamp) > 0;
    const joined = isNewer ? assembly.join() : null;
    if (!joined) {
      this.lost++;
      return;
    }
    this.#newestTimestamp = assembly.timestamp;
    const { head, scan } = joined;
    const { type, width, height, restartInterval, tables } = head;
    const isBuildable = tables?.length === 128;
    if (!isBuildable) {
      this.lost++;
      return;
    }
    this.frames++;
    const jpeg = buildJpeg({ type, width, height, restartInterval, tables, scan });
    const { timestamp, captureTimeMs } = assembly;
    const next = this.#releasedUpTo === null ? null : this.#gaps.nextSent(this.#releasedUpTo + 1);
    const follows = next !== null && assembly.first === next;
    this.#releasedUpTo = assembly.last;
    this.#release({ jpeg, width, height, timestamp, captureTimeMs, follows });
  }
}
