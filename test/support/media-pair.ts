// Two media sessions on a real relay over real sockets, one of them behind a bad network; and pictures that carry a number.
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import sharp from 'sharp';
import { readConfig } from '../../src/server/config.js';
import { startRelay } from '../../src/server/relay/relay.js';
import type { ReceivedFrame } from '../../src/media/media.js';
import { MediaSession } from '../../src/media/session/media-session.js';
import { wallClock } from '../../src/media/session/wall-clock.js';
import { parseJpeg } from '../../src/protocol/rtp-jpeg.js';
import { seededRandom, type BadNetwork } from './bad-network.js';
import type { Teardown } from './temporary-folder.js';
import { openUdpProxy } from './udp-proxy.js';

interface Side {
  session: MediaSession;
  /** Every picture that came, in order. */
  frames: ReceivedFrame[];
  /** Sends a picture that was taken now. */
  show(jpeg: Buffer): void;
}

export interface MediaPair {
  alice: Side;
  bob: Side;
  /** Between alice and the relay. */
  network: BadNetwork;
  /** Gives alice another address. */
  moveClients(): Promise<void>;
  /** Resolves when both have proved their tickets. */
  open: Promise<void>;
}

let calls = 0;

export async function mediaPair(test: Teardown): Promise<MediaPair> {
  const { mediaRates: rates } = await readConfig();
  const relay = await startRelay({ host: '127.0.0.1', port: 0, rates, log: pino({ level: 'silent' }) });
  const proxy = await openUdpProxy(relay.address.port, 7);
  const call = `call ${++calls}`;
  const make = (
    id: number,
    port: number,
  ): Side & { key: { epoch: number; master: Buffer }; opened: Promise<void> } => {
    const ticket = {
      username: `user-${call}-${id}`,
      password: randomBytes(18).toString('base64url'),
      call,
      id,
      ssrc: id * 0x1000,
      toRelay: randomBytes(28),
      fromRelay: randomBytes(28),
    };
    relay.add(ticket);
    const key = { epoch: 0, master: randomBytes(28) };
    const frames: ReceivedFrame[] = [];
    let isOpen = (): void => undefined;
    const opened = new Promise<void>((resolve) => (isOpen = resolve));
    const access = { host: '127.0.0.1', port, ...ticket };
    const session = new MediaSession(
      { access, self: { id, ssrc: ticket.ssrc, key } },
      {
        frame: (frame) => frames.push(frame),
        audioPacket: () => undefined,
        path: (path) => path !== null && isOpen(),
        pictureRate: () => undefined,
      },
    );
    const show = (jpeg: Buffer): void => {
      session.sendFrame({ jpeg, width: 640, height: 480, capturedAt: wallClock() });
    };
    return { session, frames, key, opened, show };
  };
  const alice = make(1, proxy.port);
  const bob = make(2, relay.address.port);
  alice.session.addPerson({ id: 2, ssrc: 0x2000 });
  bob.session.addPerson({ id: 1, ssrc: 0x1000 });
  alice.session.setKey(2, bob.key);
  bob.session.setKey(1, alice.key);
  alice.session.start();
  bob.session.start();
  test.teardown(async () => {
    await Promise.all([alice.session.close(), bob.session.close()]);
    await proxy.close();
    await relay.close();
  });
  const open = Promise.all([alice.opened, bob.opened]).then(() => undefined);
  return { alice, bob, network: proxy.network, moveClients: () => proxy.moveClients(), open };
}

/** A picture like a camera's: 640 by 480, different for each number; RTP/JPEG can carry it. */
export async function numberedJpegs(count: number): Promise<Buffer[]> {
  const random = seededRandom(count);
  const noise = Buffer.from(Array.from({ length: 80 * 60 * 3 }, () => Math.floor(random() * 256)));
  return Promise.all(
    Array.from({ length: count }, (_, number) => {
      noise.fill((number * 9) % 256, 0, 600);
      return sharp(Buffer.from(noise), { raw: { width: 80, height: 60, channels: 3 } })
        .resize(640, 480)
        .jpeg({ quality: 60, chromaSubsampling: '4:2:0', optimiseCoding: false })
        .toBuffer();
    }),
  );
}

/** Position of each received picture among those that were sent, by their scan bytes; -1 for none of them. */
export function numbersOf(frames: readonly ReceivedFrame[], jpegs: readonly Buffer[]): number[] {
  const scans = jpegs.map((jpeg) => parseJpeg(jpeg).scan);
  return frames.map(({ jpeg }) => {
    const { scan } = parseJpeg(jpeg);
    return scans.findIndex((one) => one.equals(scan));
  });
}
