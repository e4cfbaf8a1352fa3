// Runs the media relay as the server does, on a thread of its own, for so many calls (argument); prints its port, ends at a signal.
import { pino } from 'pino';
import { startRelay } from '../src/server/relay/relay.js';
import { relayTickets } from './relay-tickets.js';

const unlimited = { burst: 1e12, perMinute: 1e12 };
const relay = await startRelay({
  host: '127.0.0.1',
  port: 0,
  rates: {
    packets: unlimited,
    bytes: unlimited,
    feedback: unlimited,
    resends: unlimited,
    // The generator reads no answers.
    unproved: unlimited,
  },
  log: pino({ level: 'warn' }),
});
for (const ticket of relayTickets(Number(process.argv[2]))) relay.add(ticket);
console.log(relay.address.port);
process.on('SIGTERM', () => process.exit(0));
