// The least a relay in Node can do: every datagram goes to one port of this machine (argument); prints its own port.
import { createSocket } from 'node:dgram';

const bufferBytes = 4 * 1024 * 1024;
const host = '127.0.0.1';
const port = Number(process.argv[2]);
const socket = createSocket({
  type: 'udp4',
  recvBufferSize: bufferBytes,
  sendBufferSize: bufferBytes,
  lookup: (_name, _options, callback) => callback(null, host, 4),
});
socket.on('message', (bytes) => socket.send(bytes, port, host));
socket.bind(0, host, () => console.log(socket.address().port));
process.on('SIGTERM', () => process.exit(0));
