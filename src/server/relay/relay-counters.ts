// What the relay counts, for the metrics.

export interface RelayCounters {
  /** Tickets that are good; those whose address is bound. */
  participants: number;
  bound: number;
  forwardedPackets: number;
  forwardedBytes: number;
  /** Packets sent again from memory, for a NACK. */
  resentPackets: number;
  /** What was left out for receivers of groups whose way is narrow: packets of all kinds, and pictures. */
  thinnedPackets: number;
  thinnedPictures: number;
  /** Datagrams that came and went through chat connections. */
  tunnelledIn: number;
  tunnelledOut: number;
  /** Binding requests with a good ticket. */
  bindings: number;
  /** Binding requests without one. */
  stunAnswered: number;
  /** Datagrams that are nothing the relay knows. */
  malformed: number;
  /** From addresses that are not bound, with SSRCs of others, with a wrong ticket or tag. */
  spoofed: number;
  /** Requests and feedback that were here already. */
  replayed: number;
  /** More than one may send. */
  limited: number;
}

export function emptyCounters(): RelayCounters {
  return {
    participants: 0,
    bound: 0,
    forwardedPackets: 0,
    forwardedBytes: 0,
    resentPackets: 0,
    thinnedPackets: 0,
    thinnedPictures: 0,
    tunnelledIn: 0,
    tunnelledOut: 0,
    bindings: 0,
    stunAnswered: 0,
    malformed: 0,
    spoofed: 0,
    replayed: 0,
    limited: 0,
  };
}
