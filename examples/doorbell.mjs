#!/usr/bin/env node
// A doorbell: when a file appears somebody is called, with this machine's camera, and can look at the door and talk.
//
//   node examples/doorbell.mjs /run/doorbell/pressed @alice                   # then, for each press: touch /run/doorbell/pressed
//   node examples/doorbell.mjs /run/doorbell/pressed '#family' --duration 60  # options go to `pytalk call`
//
// A button at a GPIO pin makes the file by whatever watches the pin. PYTALK names the command when it is not `pytalk`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const [file, who, ...options] = process.argv.slice(2);
if (!file || !who) {
  console.error('usage: node doorbell.mjs FILE WHO [OPTIONS of pytalk call]');
  process.exit(2);
}
const [program, ...first] = (process.env.PYTALK ?? 'pytalk').split(' ');
/** Looking twice a second costs nothing, and works on every file system. */
const lookEveryMs = 500;
const endings = { 0: 'they talked', 5: 'declined', 6: 'busy', 7: 'nobody answered' };

console.log(`doorbell: waiting for ${file}`);
for (;;) {
  const pressed = await stat(file).then(
    () => true,
    () => false,
  );
  if (!pressed) {
    await sleep(lookEveryMs);
    continue;
  }
  await rm(file, { force: true });
  console.log(`doorbell: calling ${who}`);
  const call = spawn(program, [...first, 'call', who, '--headless', ...options], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await Promise.race([
    once(call, 'exit'),
    once(call, 'error').then(([error]) => [error.message]),
  ]);
  console.log(`doorbell: ${endings[code] ?? `the call failed (${code})`}`);
}
