#!/usr/bin/env node
// A bot that repeats what it is told, once, whatever happens to it: `node examples/echo-bot.mjs`.
//
//   PYTALK_SERVER=chat.example.org PYTALK_HOME=./echo-home PYTALK_USER=echo PYTALK_PASSWORD=… node examples/echo-bot.mjs
//
// Server, user and password are needed the first time only: the home remembers them.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'pytalk';

const {
  PYTALK_SERVER: server,
  PYTALK_HOME: home = './echo-home',
  PYTALK_USER: user,
  PYTALK_PASSWORD: password,
} = process.env;

const client = await connect({ home, mode: 'live', ...(server && { server }) });
if (!client.me) {
  if (!user || !password) throw new Error('the first time PYTALK_USER and PYTALK_PASSWORD are needed');
  await client.login(user, password);
}

// Where it has read up to is kept beside its home: after a crash it goes on there, and answers nothing twice, since
// the answer to a message has an id made of that message's.
const place = join(home, 'echo-cursor');
const cursor = await readFile(place, 'utf8').catch(() => undefined);

async function answer({ message, cursor: here }) {
  if (!message.mine && message.kind === 'text') {
    await client.send(message.conversation, {
      id: answerId(message.id),
      text: `you said: ${message.text}`,
      replyTo: message.id,
    });
    await client.markRead(message.conversation, message.seq);
  }
  await writeFile(place, here);
}

/** The same id for the same message, and no other's: its last digit turned by one. */
function answerId(id) {
  return id.slice(0, -1) + ((parseInt(id.at(-1), 16) + 1) % 16).toString(16);
}

client.on('message', answer);
if (cursor) await client.replay(cursor);
console.log(`echo: logged in as ${client.me.username} at ${client.server}`);

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => void client.close().then(() => process.exit(0)));
}
