// The relay's thread: its UDP socket, the clock, and the messages from the server.
import { createSocket, type SocketOptions } from 'node:dgram';
import { parentPort, workerData } from 'node:worker_threads';
import { Batcher, unpack } from './datagram-batch.js';
import { RelayCore } from './relay-core.js';
import type { FromWorker, RelayWorkerData, ToWorker } from './relay-messages.js';

/** Holds a burst of pictures of many calls while this thread is busy; the default holds a fifth of a second of one. */
const socketBufferBytes = 4 * 1024 * 1024;
const countEveryMs = 1_000;

const { host, port, family, rates, generation } = workerData as RelayWorkerData;

/** All addresses are numbers already: nobody needs to be asked for a name. */
const lookup: SocketOptions['lookup'] = (address, _options, callback) => {
  callback(null, address, family === 'udp4' ? 4 : 6);
};

function tell(message: FromWorker): void {
  parentPort?.postMessage(message);
}

const socket = createSocket({
  type: family,
  lookup,
  recvBufferSize: socketBufferBytes,
  sendBufferSize: socketBufferBytes,
});
const tunnels = new Batcher((batch) => {
  const message: FromWorker = { did: 'send', batch };
  parentPort?.postMessage(message, [batch.bytes.buffer]);
});
const core = new RelayCore(
  {
    send: (bytes, toPort, toAddress) => socket.send(bytes, toPort, toAddress),
    sendTunnelled: (bytes, username) => tunnels.add(bytes, username),
    later: (ms, run) => void setTimeout(run, ms),
  },
  () => performance.now(),
  { rates, generation },
);

function count(): void {
  const { participants, bound, counters, ways } = core;
  tell({ did: 'counted', counters: { ...counters, participants, bound }, ways });
}

socket.once('error', (error: NodeJS.ErrnoException) => {
  tell({ did: 'failed', code: error.code, reason: error.message });
  parentPort?.close();
});
socket.bind(port, host, () => {
  // What the network says about a datagram that did not get there changes nothing.
  socket.removeAllListeners('error').on('error', () => undefined);
  socket.on('message', (bytes, from) => core.datagram(bytes, from.address, from.port));
  const timer = setInterval(() => {
    core.sweep();
    count();
  }, countEveryMs);
  parentPort?.on('message', (message: ToWorker) => {
    switch (message.do) {
      case 'add':
        core.add(message.participant);
        break;
      case 'remove':
        core.remove(message.username);
        break;
      case 'take':
        unpack(message.batch, (bytes, username) => core.tunnelled(bytes, username));
        break;
      case 'close':
        clearInterval(timer);
        count();
        socket.close(() => parentPort?.close());
    }
  });
  const bound = socket.address();
  tell({ did: 'listening', address: { host: bound.address, port: bound.port } });
});
