// The camera's pictures, made to fit what the way carries: passed untouched, left out, or encoded anew; the newest wins.
import sharp from 'sharp';
import type { JpegFrame } from './media.js';
import { NewestWins } from './newest-wins.js';
import { QualityControl, tastes, type Encoding } from './quality.js';

export class AdaptivePictures {
  readonly #control: QualityControl;
  /** Sends a picture; returns its bytes on the wire. */
  readonly #send: (frame: JpegFrame) => number;
  readonly #encodings = new NewestWins<{ frame: JpegFrame; encoding: Encoding }>((next) =>
    this.#encode(next),
  );
  #isClosed = false;
  /** Pictures that were not sent. */
  skipped = 0;

  constructor(send: (frame: JpegFrame) => number, taste: keyof typeof tastes = 'camera') {
    this.#control = new QualityControl(tastes[taste]);
    this.#send = send;
  }

  /** Bits a second for pictures; null for as many as the camera gives. */
  setBudget(bps: number | null): void {
    this.#control.setBudget(bps);
  }

  push(frame: JpegFrame): void {
    const { width, height, jpeg } = frame;
    const decision = this.#control.decide({ bytes: jpeg.length, width, height }, performance.now());
    if (decision === 'skip') this.skipped++;
    else if (decision === 'pass') {
      this.#encodings.clear();
      this.#control.sent(this.#send(frame), null);
    } else if (this.#encodings.push({ frame, encoding: decision })) this.skipped++;
  }

  close(): void {
    this.#isClosed = true;
    this.#encodings.clear();
  }

  async #encode({ frame, encoding }: { frame: JpegFrame; encoding: Encoding }): Promise<void> {
    try {
      const smaller = await encodedSmaller(frame, encoding);
      if (!this.#isClosed) this.#control.sent(this.#send(smaller), encoding);
    } catch {
      // A picture that cannot be decoded is the camera's; the next one counts.
      this.skipped++;
    }
  }
}

/** The picture with its sides divided, to multiples of 8, as RTP/JPEG (RFC 2435) carries it. */
export async function encodedSmaller(
  { jpeg, width, height, capturedAt }: JpegFrame,
  { divisor, quality }: Encoding,
): Promise<JpegFrame> {
  const side = (pixels: number): number => Math.max(8, Math.round(pixels / divisor / 8) * 8);
  const { data, info } = await sharp(jpeg, { failOn: 'error' })
    .resize(side(width), side(height), { fit: 'fill', kernel: 'linear' })
    .jpeg({ quality, chromaSubsampling: '4:2:0', optimiseCoding: false, progressive: false })
    .toBuffer({ resolveWithObject: true });
  return { jpeg: data, width: info.width, height: info.height, capturedAt };
}
