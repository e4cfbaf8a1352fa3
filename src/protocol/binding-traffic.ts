// How many media datagrams crossed between a participant's address and the relay, as a Binding answer tells it.
import { ProtocolError } from './errors.js';

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                 RTP and RTCP datagrams that came              |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                    the long ones among them                   |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |               RTP and RTCP datagrams that were sent           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                    the long ones among them                   |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */

/** Datagrams of one direction, modulo 2^32. Long ones are counted apart, since some networks stop only them. */
export interface Crossed {
  all: number;
  long: number;
}

export interface BindingTraffic {
  /** From the participant to the relay. */
  readonly up: Crossed;
  readonly down: Crossed;
}

const valueBytes = 16;
const longBytes = 600;

/** Counts one datagram. */
export function countCrossed(crossed: Crossed, bytes: number): void {
  crossed.all = (crossed.all + 1) >>> 0;
  if (bytes >= longBytes) crossed.long = (crossed.long + 1) >>> 0;
}

export function encodeTraffic({ up, down }: BindingTraffic): Buffer {
  const value = Buffer.alloc(valueBytes);
  value.writeUInt32BE(up.all, 0);
  value.writeUInt32BE(up.long, 4);
  value.writeUInt32BE(down.all, 8);
  value.writeUInt32BE(down.long, 12);
  return value;
}

/** Throws ProtocolError `bad-frame`. */
export function decodeTraffic(value: Buffer): BindingTraffic {
  if (value.length !== valueBytes) throw new ProtocolError('bad-frame');
  return {
    up: { all: value.readUInt32BE(0), long: value.readUInt32BE(4) },
    down: { all: value.readUInt32BE(8), long: value.readUInt32BE(12) },
  };
}
