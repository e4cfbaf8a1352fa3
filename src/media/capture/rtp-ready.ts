// Makes sure that a picture can go over RTP/JPEG (RFC 2435): untouched when it obeys the rules, else encoded anew.
import type { OutputInfo } from 'sharp';
import { ProtocolError } from '../../protocol/errors.js';
import { parseJpeg } from '../../protocol/rtp-jpeg.js';
import type { JpegFrame } from '../media.js';
import { NewestWins } from '../newest-wins.js';

const quality = 75;
const maxSide = 2040;
/** A picture bomb claims more. */
const maxInputPixels = 64_000_000;

export class RtpReady {
  readonly #give: (frame: JpegFrame) => void;
  readonly #encodings = new NewestWins<{ jpeg: Buffer; capturedAt: number }>((next) => this.#encode(next));
  #isClosed = false;
  /** Why pictures are encoded anew; null while they pass untouched. */
  reason: string | null = null;

  constructor(give: (frame: JpegFrame) => void) {
    this.#give = give;
  }

  /** Takes a whole JPEG. While one is being encoded anew only the newest of those after it is kept. */
  push(jpeg: Buffer, capturedAt: number): void {
    try {
      const { width, height, problem } = parseJpeg(jpeg);
      if (problem === null) {
        this.#give({ jpeg, width, height, capturedAt });
        return;
      }
      this.reason = problem;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return;
    }
    this.#encodings.push({ jpeg, capturedAt });
  }

  close(): void {
    this.#isClosed = true;
    this.#encodings.clear();
  }

  async #encode({ jpeg, capturedAt }: { jpeg: Buffer; capturedAt: number }): Promise<void> {
    try {
      const { data, info } = await encodeForRtp(jpeg);
      const { width, height } = info;
      // What closes meanwhile hears no more.
      if (!this.#isClosed) this.#give({ jpeg: data, width, height, capturedAt });
    } catch {
      // Broken pictures happen with cheap cameras: the next one counts.
    }
  }
}

/** Any picture that sharp reads, as a baseline JPEG with standard Huffman tables and 4:2:0. */
async function encodeForRtp(picture: Buffer): Promise<{ data: Buffer; info: OutputInfo }> {
  // Not before: `doctor` says what is missing, and must not need it.
  const { default: sharp } = await import('sharp');
  return sharp(picture, { limitInputPixels: maxInputPixels, failOn: 'error' })
    .rotate()
    .resize(maxSide, maxSide, { fit: 'inside', withoutEnlargement: true })
    .flatten()
    .toColourspace('srgb')
    .jpeg({ quality, chromaSubsampling: '4:2:0', optimiseCoding: false, progressive: false })
    .toBuffer({ resolveWithObject: true });
}
