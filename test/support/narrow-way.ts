// A way to the server of its own for one participant: another loopback address, behind which its datagrams pass a bad network.
import type { BadNetwork } from './bad-network.js';
import { openTcpProxy } from './tcp-proxy.js';
import { openUdpProxy } from './udp-proxy.js';

/** Where it is; the server must listen on 127.0.0.1 alone. Not every system has this address (macOS has not). */
export const narrowHost = '127.0.0.2';

export interface NarrowWay {
  /** What its datagrams pass; nothing happens to them until its traits are set. */
  readonly network: BadNetwork;
  close(): Promise<void>;
}

/** Opens it, with the ports of the server: a client that reaches the server there looks for the relay there too. */
export async function openNarrowWay(server: { tcp: number; udp: number }): Promise<NarrowWay> {
  const tcp = await openTcpProxy(server.tcp, 0, { host: narrowHost, port: server.tcp });
  const udp = await openUdpProxy(server.udp, 7, {}, { at: { host: narrowHost, port: server.udp } });
  return {
    network: udp.network,
    close: async () => {
      await udp.close();
      await tcp.close();
    },
  };
}
