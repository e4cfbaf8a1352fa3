// SRTP and SRTCP (RFC 3711) with AEAD_AES_128_GCM (RFC 7714): who may read media, and that no packet counts twice.
import { PytalkError, ProtocolError } from './errors.js';
import { ReplayWindow } from './replay-window.js';
import { rtpHeaderBytes, sequenceDiff, sequenceOf, ssrcOf } from './rtp.js';
import { SrtpCipher, tagBytes } from './srtp-cipher.js';

/*
 * SRTP:  RTP header (in the clear) | payload, encrypted | tag, 16 bytes | MKI, 1 byte: the number of the key
 * SRTCP: first 8 bytes of RTCP (in the clear) | rest, encrypted | tag, 16 bytes | E=1 and 31 bits of index
 */

const mkiBytes = 1;
/** What SRTP adds to a packet, in bytes. */
export const srtpOverheadBytes = tagBytes + mkiBytes;
const rtcpClearBytes = 8;
const indexBytes = 4;
const encryptedFlag = 0x8000_0000;
const sequences = 0x1_0000;
/** 32 bits of rollover counter and 16 of sequence number; after them a key is used up. */
const maxIndex = 2 ** 48;

/** Streams of one sender that a receiver keeps state for: more than one has, and bounded. */
const maxStreams = 16;
/** Packets in a row that cannot be opened, after which a stream's rollover counter is looked for ahead. */
const missesBeforeSearch = 16;
/** Rollover counters tried in one go while the right one is not known. */
const triesPerPacket = 4;
/** How far a stream that is heard for the first time may have come: 256 x 65,536 packets. */
const searchedRollovers = 256;

/** Keys of one sender that a receiver keeps: the one in use, one that was handed on, and one for what is still on its way. */
const maxKeys = 3;
const mkis = 0x100;

/** Low byte of the number of the key (epoch) under which an SRTP packet was sealed; the caller has made sure of one byte. */
export function mkiOf(packet: Buffer): number {
  return packet.readUInt8(packet.length - mkiBytes);
}

/**
 * Seals what one participant sends, all its streams. Only one sender may ever be made for a key: the nonce of a packet
 * is its SSRC, rollover counter and sequence number, and the same nonce twice would give the key stream away.
 */
export class SrtpSender {
  #cipher: SrtpCipher;
  #epoch: number;
  /** Highest index sent, by SSRC: 65,536 times the rollover counter, and the sequence number. */
  readonly #highest = new Map<number, number>();

  /** `master`: 28 bytes, key and salt. `epoch`: its number. */
  constructor(master: Buffer, epoch: number) {
    this.#cipher = SrtpCipher.fromMaster(master, 'srtp');
    this.#epoch = epoch;
  }

  /**
   * Seals with a newer key from now on; an older one, or the same again, changes nothing. Sequence numbers and rollover
   * counters go on (RFC 3711, section 3.3.1), so a receiver sees one stream, and knows what came already under either key.
   */
  renew(master: Buffer, epoch: number): void {
    if (epoch <= this.#epoch) return;
    this.#cipher = SrtpCipher.fromMaster(master, 'srtp');
    this.#epoch = epoch;
  }

  /**
   * Seals an RTP packet. The sequence numbers of a stream must grow, by less than 32,768; else throws PytalkError
   * `internal`. What is sent again is sent as it was sealed the first time.
   */
  protect(rtp: Buffer): Buffer {
    const headerBytes = rtpHeaderBytes(rtp);
    const ssrc = ssrcOf(rtp);
    const sequence = sequenceOf(rtp);
    const last = this.#highest.get(ssrc);
    let index = sequence;
    if (last !== undefined) {
      const ahead = sequenceDiff(sequence, last % sequences);
      if (ahead <= 0) throw new PytalkError('internal');
      index = last + ahead;
    }
    if (index >= maxIndex) throw new PytalkError('internal');
    this.#highest.set(ssrc, index);
    const clear = rtp.subarray(0, headerBytes);
    const packet = this.#cipher.seal(ssrc, index, clear, rtp.subarray(headerBytes), mkiBytes);
    packet[packet.length - 1] = this.#epoch % mkis;
    return packet;
  }
}

interface Key {
  epoch: number;
  cipher: SrtpCipher;
}

interface Stream {
  window: ReplayWindow;
  /** Packets that could not be opened since the last one that could. */
  misses: number;
  /** The newest key under which a packet of it came, and the lowest index of those. */
  epoch: number;
  since: number;
}

/**
 * Opens what one participant sends, under the key in use and those before and after it. Only packets whose tag is right change
 * what is known of a stream. Along a stream the keys get newer only: whoever has an old one cannot add to it.
 */
export class SrtpReceiver {
  /** By MKI. */
  readonly #keys = new Map<number, Key>();
  readonly #streams = new Map<number, Stream>();
  #newestUsed = -1;

  /** `master`: 28 bytes, key and salt. `epoch`: its number. */
  constructor(master: Buffer, epoch: number) {
    this.addKey(master, epoch);
  }

  /** Number of the newest key under which a packet was opened; -1 before the first. */
  get newestUsed(): number {
    return this.#newestUsed;
  }

  /** Opens packets of this key too. Of more than a few the oldest are forgotten. */
  addKey(master: Buffer, epoch: number): void {
    const newest = Math.max(-1, ...[...this.#keys.values()].map((key) => key.epoch));
    if (epoch <= newest) return;
    this.#keys.delete(epoch % mkis);
    this.#keys.set(epoch % mkis, { epoch, cipher: SrtpCipher.fromMaster(master, 'srtp') });
    for (const mki of this.#keys.keys()) {
      if (this.#keys.size <= maxKeys) break;
      this.#keys.delete(mki);
    }
  }

  /** Opens nothing any more that was sealed under a key older than this. */
  forgetBefore(epoch: number): void {
    for (const [mki, key] of this.#keys) if (key.epoch < epoch) this.#keys.delete(mki);
  }

  /** Whether there is a key for this packet. */
  knowsKeyOf(packet: Buffer): boolean {
    return packet.length >= mkiBytes && this.#keys.has(mkiOf(packet));
  }

  /** The RTP packet; null when it is none, of another key, changed, here already, or too old to know. */
  unprotect(packet: Buffer): Buffer | null {
    if (packet.length < srtpOverheadBytes) return null;
    const key = this.#keys.get(mkiOf(packet));
    const headerBytes = headerBytesOrNull(packet);
    if (!key || headerBytes === null || packet.length < headerBytes + srtpOverheadBytes) return null;
    const clear = packet.subarray(0, headerBytes);
    const sealed = packet.subarray(headerBytes, packet.length - mkiBytes);
    const stream = this.#streams.get(ssrcOf(packet));
    const rtp = stream ? this.#openKnown(stream, key, clear, sealed) : this.#openFirst(key, clear, sealed);
    if (rtp && key.epoch > this.#newestUsed) this.#newestUsed = key.epoch;
    return rtp;
  }

  /** The index is guessed from the highest so far (RFC 3711, section 3.3.1). */
  #openKnown(stream: Stream, key: Key, clear: Buffer, sealed: Buffer): Buffer | null {
    const { highest } = stream.window;
    const guess = highest + sequenceDiff(sequenceOf(clear), highest % sequences);
    const rtp = stream.window.admits(guess) ? this.#openAt(stream, key, guess, clear, sealed) : null;
    if (rtp) return rtp;
    stream.misses += 1;
    return stream.misses > missesBeforeSearch ? this.#searchAhead(stream, key, clear, sealed) : null;
  }

  /** After a long silence the guess may be wrong for good: what comes is then tried with the next rollover counters. */
  #searchAhead(stream: Stream, key: Key, clear: Buffer, sealed: Buffer): Buffer | null {
    const { highest } = stream.window;
    const rollover = Math.floor(highest / sequences);
    for (let ahead = 0; ahead < triesPerPacket; ahead++) {
      const index = (rollover + ahead) * sequences + sequenceOf(clear);
      const rtp = index > highest ? this.#openAt(stream, key, index, clear, sealed) : null;
      if (rtp) return rtp;
    }
    return null;
  }

  #openAt(
    stream: Stream,
    { epoch, cipher }: Key,
    index: number,
    clear: Buffer,
    sealed: Buffer,
  ): Buffer | null {
    if (epoch < stream.epoch && index > stream.since) return null;
    const rtp = cipher.open(ssrcOf(clear), index, clear, sealed);
    if (!rtp) return null;
    stream.window.mark(index);
    stream.misses = 0;
    if (epoch > stream.epoch) Object.assign(stream, { epoch, since: index });
    else if (epoch === stream.epoch) stream.since = Math.min(stream.since, index);
    return rtp;
  }

  /**
   * Who joins late cannot know the rollover counter of a stream (RFC 3711, section 3.3.1, leaves it to signalling): it
   * is 0 or 1 at first, and each packet tries some more, which its sequence number chooses, so that 64 packets in a row
   * try all and nothing needs to be kept for streams that may not exist.
   */
  #openFirst({ epoch, cipher }: Key, clear: Buffer, sealed: Buffer): Buffer | null {
    if (this.#streams.size >= maxStreams) return null;
    const ssrc = ssrcOf(clear);
    const sequence = sequenceOf(clear);
    for (let attempt = 0; attempt < triesPerPacket + 2; attempt++) {
      const rollover = attempt < 2 ? attempt : (sequence * triesPerPacket + attempt - 2) % searchedRollovers;
      const index = rollover * sequences + sequence;
      const rtp = cipher.open(ssrc, index, clear, sealed);
      if (!rtp) continue;
      const window = new ReplayWindow();
      window.mark(index);
      this.#streams.set(ssrc, { window, misses: 0, epoch, since: index });
      return rtp;
    }
    return null;
  }
}

function headerBytesOrNull(packet: Buffer): number | null {
  try {
    return rtpHeaderBytes(packet);
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** Seals RTCP in one direction, for all SSRCs. Only one sender may ever be made for a key. */
export class SrtcpSender {
  readonly #cipher: SrtpCipher;
  #nextIndex: number;

  /** `master`: 28 bytes, key and salt. `firstIndex`: above all that were ever used with this key. */
  constructor(master: Buffer, firstIndex = 0) {
    this.#cipher = SrtpCipher.fromMaster(master, 'srtcp');
    this.#nextIndex = firstIndex;
  }

  /** Seals a compound packet of at least 8 bytes. Throws PytalkError `internal` for less, and when all 2^31 indexes are used. */
  protect(rtcp: Buffer): Buffer {
    const index = this.#nextIndex;
    if (rtcp.length < rtcpClearBytes || index >= encryptedFlag) throw new PytalkError('internal');
    this.#nextIndex += 1;
    const clear = rtcp.subarray(0, rtcpClearBytes);
    const associated = Buffer.allocUnsafe(rtcpClearBytes + indexBytes);
    clear.copy(associated);
    associated.writeUInt32BE(encryptedFlag + index, rtcpClearBytes);
    const plain = rtcp.subarray(rtcpClearBytes);
    const packet = this.#cipher.seal(rtcp.readUInt32BE(4), index, clear, plain, indexBytes, associated);
    packet.writeUInt32BE(encryptedFlag + index, packet.length - indexBytes);
    return packet;
  }
}

/** Opens RTCP of one direction. Only packets whose tag is right change what is known. */
export class SrtcpReceiver {
  readonly #cipher: SrtpCipher;
  /** One for all SSRCs: a sender counts them together. */
  readonly #window = new ReplayWindow();

  /** `master`: 28 bytes, key and salt. */
  constructor(master: Buffer) {
    this.#cipher = SrtpCipher.fromMaster(master, 'srtcp');
  }

  /** The compound packet; null when it is none, not encrypted, changed, here already, or too old to know. */
  unprotect(packet: Buffer): Buffer | null {
    const end = packet.length - indexBytes;
    if (end < rtcpClearBytes + tagBytes) return null;
    const word = packet.readUInt32BE(end);
    const index = word % encryptedFlag;
    if (word < encryptedFlag || !this.#window.admits(index)) return null;
    const clear = packet.subarray(0, rtcpClearBytes);
    const associated = Buffer.concat([clear, packet.subarray(end)]);
    const sealed = packet.subarray(rtcpClearBytes, end);
    const rtcp = this.#cipher.open(packet.readUInt32BE(4), index, clear, sealed, associated);
    if (rtcp) this.#window.mark(index);
    return rtcp;
  }
}
