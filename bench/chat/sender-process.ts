// A process that sends texts at a steady pace: PORT CONVERSATION PER_SECOND SECONDS, the token of the sender in BENCH_TOKEN.
import { Member } from '../member.js';
import { SendTemplate } from '../send-template.js';
import { until } from '../waiting.js';

const [port = 0, conv = 0, perSecond = 0, seconds = 0] = process.argv.slice(2).map(Number);
const member = await Member.signIn({ port, tls: true }, process.env['BENCH_TOKEN'] ?? '');
const template = new SendTemplate(conv, 1);
const from = performance.now();
await new Promise<void>((resolve) => {
  const tick = (): void => {
    const elapsed = (performance.now() - from) / 1000;
    const due = Math.floor(Math.min(elapsed, seconds) * perSecond) - template.sent;
    if (due > 0) member.write(template.next(due));
    if (elapsed >= seconds) resolve();
    else setTimeout(tick, 4);
  };
  tick();
});
await until('the acknowledgements', () => member.failure !== null || member.acks === template.sent);
if (member.failure !== null) throw member.failure;
console.log(JSON.stringify({ stored: member.acks, seconds: (performance.now() - from) / 1000 }));
member.close();
