// A program of its own: writes messages into the outbox of a home, and says of each that it is safe, until it is killed.
import { connect } from '../../src/client/index.js';

const [home, server, count] = process.argv.slice(2);
const client = await connect({ home: home!, server: server!, mode: 'live', offline: true });
for (let n = 1; n <= Number(count); n++) {
  const { id, state } = await client.send('@bob', { text: `offline ${n}` });
  process.stdout.write(`${JSON.stringify({ id, state })}\n`);
}
