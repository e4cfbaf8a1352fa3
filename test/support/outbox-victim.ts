// A program that sends through the outbox of the home it is given, prints what was taken, and waits to be killed.
import { connect } from '../../src/client/index.js';

const [home = '', round = ''] = process.argv.slice(2);
const client = await connect({ home, mode: 'live', offline: true });
for (let i = 0; ; i += 8) {
  const texts = Array.from({ length: 8 }, (_, k) => `${round}:${i + k}`);
  await Promise.all(
    texts.map(async (text) => {
      await client.send('person2', { text });
      process.stdout.write(`${text}\n`);
    }),
  );
}
