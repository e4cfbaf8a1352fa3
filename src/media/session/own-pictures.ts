// This side's pictures on their way out: the camera's and a second one, within what the way carries.
import { streamOffset } from '../../protocol/media-streams.js';
import type { SrtpSender } from '../../protocol/srtp.js';
import { OutStream } from './out-stream.js';
import type { Clock } from './outside.js';
import { budgetsOf } from './picture-budget.js';
import { PictureSender } from './picture-sender.js';

export class OwnPictures {
  readonly video: PictureSender;
  readonly screen: PictureSender;
  readonly #repair: OutStream;
  readonly #clock: Clock;

  /** `ssrc`: the participant's first one. `send` takes what goes over the wire. */
  constructor(ssrc: number, srtp: SrtpSender, send: (bytes: Buffer) => void, clock: Clock) {
    this.#clock = clock;
    this.#repair = new OutStream(ssrc + streamOffset.repair, srtp);
    this.video = new PictureSender(ssrc + streamOffset.video, this.#repair, srtp, send, clock);
    this.screen = new PictureSender(ssrc + streamOffset.screen, this.#repair, srtp, send, clock);
  }

  get streams(): readonly OutStream[] {
    return [this.video.video, this.screen.video];
  }

  get ssrcs(): number[] {
    return [...this.streams, this.#repair].map(({ ssrc }) => ssrc);
  }

  /** The pictures with this SSRC. */
  of(ssrc: number): PictureSender | undefined {
    return [this.video, this.screen].find((one) => one.video.ssrc === ssrc);
  }

  /** The pictures whose losses tell of the way: there are enough of them. */
  get main(): PictureSender {
    const now = this.#clock.now();
    return this.screen.isActive(now) && !this.video.isActive(now) ? this.screen : this.video;
  }

  /** Bits a second. */
  bps(nowMs: number): number {
    return this.video.bps(nowMs) + this.screen.bps(nowMs);
  }

  /** The round trip to a receiver. */
  measured(rttMs: number): void {
    for (const one of [this.video, this.screen]) one.parity.measured(rttMs, this.#clock.now());
  }

  /** Shares out what the way carries of them, in bits a second; null for no limit. Returns the shares. */
  share(bps: number | null): ReturnType<typeof budgetsOf> {
    const now = this.#clock.now();
    const load = (one: PictureSender) => ({ isActive: one.isActive(now), bps: one.bps(now) });
    const budgets = budgetsOf(bps, { video: load(this.video), screen: load(this.screen) });
    this.video.setRate(budgets.video);
    this.screen.setRate(budgets.screen);
    return budgets;
  }

  close(): void {
    this.video.close();
    this.screen.close();
  }
}
