// The least a relay in Node can do: datagrams go to so many receivers in turns, without a look at them; prints its port.
import { createSocket } from 'node:dgram';

const bufferBytes = 4 * 1024 * 1024;
const host = '127.0.0.1';
const [port, receivers] = process.argv.slice(2).map(Number) as [number, number];
/** As bench/relay-load.c numbers them. */
const addresses = Array.from({ length: receivers }, (_, at) => `127.2.${(at + 1) >> 8}.${(at + 1) & 0xff}`);
let next = 0;
const socket = createSocket({
  type: 'udp4',
  recvBufferSize: bufferBytes,
  sendBufferSize: bufferBytes,
  lookup: (address, _options, callback) => callback(null, address, 4),
});
socket.on('message', (bytes) => {
  socket.send(bytes, port, addresses[next]);
  next = next + 1 === receivers ? 0 : next + 1;
});
socket.bind(0, host, () => console.log(socket.address().port));
process.on('SIGTERM', () => process.exit(0));
