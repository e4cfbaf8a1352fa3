// The camera, microphone and speaker of a phone in Termux, against programs that behave as documented, their failures too.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { openMicrophone } from '../../../src/media/audio/microphone.js';
import { openSpeaker } from '../../../src/media/audio/speaker.js';
import { openCamera } from '../../../src/media/capture/camera.js';
import { listDevices } from '../../../src/media/devices.js';
import type { JpegFrame, SoundBlock } from '../../../src/media/media.js';
import { numberedJpegs } from '../../support/media-pair.js';
import { termux, type Termux } from '../../support/termux.js';
import type { Teardown } from '../../support/temporary-folder.js';

t.setTimeout(60_000);
const settings = { width: 320, height: 240, fps: 30, ffmpeg: null };

/** A phone whose programs this very process runs, with Android as its system. */
async function onPhone(test: Teardown): Promise<Termux> {
  const phone = await termux(test);
  const before = { PATH: process.env['PATH'], PREFIX: process.env['PREFIX'], platform: process.platform };
  process.env['PATH'] = phone.env['PATH'];
  process.env['PREFIX'] = phone.prefix;
  Object.defineProperty(process, 'platform', { value: 'android' });
  test.teardown(async () => {
    process.env['PATH'] = before.PATH;
    if (before.PREFIX === undefined) delete process.env['PREFIX'];
    else process.env['PREFIX'] = before.PREFIX;
    Object.defineProperty(process, 'platform', { value: before.platform });
  });
  return phone;
}

/** As documented: `-c ID FILE`, and a file that exists is refused. */
const photoProgram = (take: string): string => `if [ -e "$3" ]; then echo 'file already exists'; exit 1; fi
echo "$2 $3" >>"$PREFIX/photos"
${take}`;

t.test('termux:ID gives one picture after the other, each in a file of its own', async (t) => {
  const phone = await onPhone(t);
  const [jpeg = Buffer.alloc(0)] = await numberedJpegs(1);
  await writeFile(join(phone.prefix, 'picture.jpg'), jpeg);
  await phone.program('termux-camera-photo', photoProgram('cat "$PREFIX/picture.jpg" >"$3"'));
  const frames: JpegFrame[] = [];
  let enough = (): void => undefined;
  const three = new Promise<void>((resolve) => (enough = resolve));
  const camera = await openCamera('termux:1', settings, {
    data: (frame) => {
      frames.push(frame);
      if (frames.length === 3) enough();
    },
    problem: (error) => t.fail(error.message),
  });
  await three;
  await camera.close();
  t.same(frames[0]?.jpeg, jpeg);
  const photos = (await readFile(join(phone.prefix, 'photos'), 'utf8')).trim().split('\n');
  t.equal(new Set(photos).size, photos.length);
  t.ok(photos.every((line) => line.startsWith('1 ')));
});

t.test('says what is wrong when there is no picture', async (t) => {
  const phone = await onPhone(t);
  const none = { data: () => undefined, problem: () => undefined };
  const fails = async (program: string | null, words: RegExp): Promise<void> => {
    await phone.program('termux-camera-photo', program);
    await t.rejects(openCamera('termux:0', settings, none), { code: 'camera-failed', message: words });
  };
  await fails(null, /termux-camera-photo is not installed: pkg install termux-api/);
  await fails(photoProgram(': >"$3"'), /Termux must be in the foreground/);
  await fails(
    photoProgram(`echo '{"error":"Please grant the following permission: android.permission.CAMERA"}'`),
    /Termux:API needs the permission Camera/,
  );
  await fails(photoProgram(`echo 'No such camera: 9'`), /No such camera: 9/);
  await t.rejects(openCamera('default', settings, none), { message: /name one: termux:0/ });
});

t.test('devices are what Termux:API and PulseAudio name', async (t) => {
  const phone = await onPhone(t);
  t.same(await listDevices(null), []);
  await phone.program(
    'termux-camera-info',
    `echo '[{"id":"0","facing":"back"},{"id":"1","facing":"front"}]'`,
  );
  await phone.run('sh', '-c', 'pulseaudio --start; pactl load-module module-sles-sink');
  const ids = async (): Promise<string[]> => (await listDevices(null)).map(({ kind, id }) => `${kind} ${id}`);
  t.same(await ids(), ['camera termux:0', 'camera termux:1', 'speaker OpenSL_ES_sink']);
  await phone.run('pactl', 'load-module', 'module-sles-source');
  t.ok((await ids()).includes('microphone OpenSL_ES_source'));
});

t.test('the microphone is parec, and never the monitor of the speaker', async (t) => {
  const phone = await onPhone(t);
  const quiet = { data: () => undefined, problem: () => undefined };
  const refused = { code: 'microphone-failed', message: /Termux:API needs the permission Microphone/ };
  await t.rejects(openMicrophone('default', settings, quiet), refused);
  await phone.run('sh', '-c', 'pulseaudio --start; pactl load-module module-sles-sink');
  await t.rejects(openMicrophone('default', settings, quiet), refused);
  await phone.run('pactl', 'load-module', 'module-sles-source');
  let heard: (block: SoundBlock) => void = () => undefined;
  const block = new Promise<SoundBlock>((resolve) => (heard = resolve));
  const microphone = await openMicrophone('default', settings, {
    data: (one) => heard(one),
    problem: (error) => t.fail(error.message),
  });
  t.equal((await block).samples.length, 960);
  await microphone.close();
  t.match(await phone.log(), /^parec --raw --format=s16le --rate=48000 --channels=1/m);
});

t.test('the speaker is pacat', async (t) => {
  const phone = await onPhone(t);
  await t.rejects(openSpeaker('default', settings), { code: 'speaker-failed', message: /no speaker/ });
  await phone.run('sh', '-c', 'pulseaudio --start; pactl load-module module-sles-sink');
  const speaker = await openSpeaker('default', settings);
  speaker.write(new Int16Array(960).fill(258));
  await phone.appears(join(phone.prefix, 'played'), /\x02\x01/);
  await speaker.close();
  t.match(await phone.log(), /^pacat --raw/m);
});
