// Binding requests (RFC 8489) with a call's ticket, and their answers; the same counter on all ways, so that the newest choice holds.
import { randomBytes } from 'node:crypto';
import { decodeTraffic, type BindingTraffic } from '../../protocol/binding-traffic.js';
import { ProtocolError } from '../../protocol/errors.js';
import { mappedAddress } from '../../protocol/ice.js';
import {
  checkIntegrity,
  decodeStun,
  encodeStun,
  stunAttribute,
  stunType,
  type SocketAddress,
} from '../../protocol/stun.js';

/** With it a request, and its answer, are about as long as a media datagram. */
export const paddingBytes = 1_060;

export interface BindingRequest {
  readonly id: Buffer;
  readonly bytes: Buffer;
}

export interface BindingAnswer {
  /** What crossed by this way; null when the relay does not count it. */
  readonly traffic: BindingTraffic | null;
  /** Under which address the request was seen; null when that is not said. */
  readonly mapped: SocketAddress | null;
  /** Whether the relay waits for proof that answers come here: the next request holds it. */
  readonly wantsProof: boolean;
}

export class BindingRequests {
  readonly #username: string;
  readonly #password: string;
  readonly #wallMs: () => number;
  /** Whether the relay lets its participants choose between ways: an older one does not understand that. */
  readonly #hasChoice: boolean;
  #counter = 0n;
  /** What the relay wants to have back. */
  #proof: Buffer | null = null;

  constructor(
    { username, password }: { username: string; password: string },
    wallMs: () => number,
    hasChoice: boolean,
  ) {
    this.#hasChoice = hasChoice;
    this.#username = username;
    this.#password = password;
    this.#wallMs = wallMs;
  }

  /** `isChoice`: media is to come this way from now on. `isLong`: shows that long datagrams get through both ways. */
  make({ isChoice, isLong }: { isChoice: boolean; isLong: boolean }): BindingRequest {
    const now = BigInt(Math.floor(this.#wallMs())) << 16n;
    // Grows with every request, also over sockets and when the system's clock goes back.
    this.#counter = now > this.#counter ? now : this.#counter + 1n;
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(this.#counter);
    const id = randomBytes(12);
    const attributes: { type: number; value: Buffer }[] = [
      { type: stunAttribute.username, value: Buffer.from(this.#username) },
      { type: stunAttribute.counter, value: counter },
    ];
    if (isChoice && this.#hasChoice)
      attributes.push({ type: stunAttribute.useCandidate, value: Buffer.alloc(0) });
    if (this.#proof) attributes.push({ type: stunAttribute.proof, value: this.#proof });
    if (isLong) attributes.push({ type: stunAttribute.padding, value: Buffer.alloc(paddingBytes) });
    const message = { type: stunType.bindingRequest, transactionId: id, attributes };
    return { id, bytes: encodeStun(message, { integrityKey: this.#password }) };
  }

  /** Reads the answer to a request; null for anything else. */
  answer(bytes: Buffer, request: BindingRequest): BindingAnswer | null {
    try {
      const message = decodeStun(bytes);
      const { type, transactionId, attributes } = message;
      const isAnswer =
        type === stunType.bindingSuccess &&
        transactionId.equals(request.id) &&
        checkIntegrity(bytes, this.#password);
      if (!isAnswer) return null;
      const find = (wanted: number): Buffer | null =>
        attributes.find(({ type }) => type === wanted)?.value ?? null;
      const traffic = find(stunAttribute.traffic);
      this.#proof = find(stunAttribute.proof) ?? this.#proof;
      return {
        traffic: traffic && decodeTraffic(traffic),
        mapped: mappedAddress(message),
        wantsProof: find(stunAttribute.proof) !== null,
      };
    } catch (error) {
      if (error instanceof ProtocolError) return null;
      throw error;
    }
  }
}
