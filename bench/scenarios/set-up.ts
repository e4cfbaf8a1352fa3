// S: from the answer to the first picture: two `pytalk call` processes through a server process, near each other and far away.
import { withCall, type CallSide } from '../calls/call-pair.js';
import { ClockCamera } from '../calls/clock-camera.js';
import { numberedPictures } from '../calls/numbered-pictures.js';
import { PictureSink } from '../calls/picture-sink.js';
import type { Measured, Scenario } from '../scenario.js';
import { until } from '../waiting.js';

const key = 'S';
const fps = 30;
const pictureCount = 2 * fps;

const callerSees = 'answer to first picture at the caller, ms';
const agentSees = 'answer to first picture at who answers, ms';

/** From the news that it rings, printed right before it is answered. */
async function since(side: CallSide, sink: PictureSink): Promise<number> {
  await until('the first picture', () => sink.firstAtMs !== null);
  return (sink.firstAtMs ?? NaN) - (side.newsAtMs('ringing') ?? NaN);
}

/** `oneWayMs`: between each side and the server, for media and the chat connection alike. */
async function setUp(oneWayMs: number, camera: { caller: string; agent: string } | null): Promise<Measured> {
  const pictures = await numberedPictures(pictureCount);
  const cameras = await Promise.all([ClockCamera.open(pictures, fps), ClockCamera.open(pictures, fps)]);
  const sinks = await Promise.all([PictureSink.open(), PictureSink.open()]);
  const optionsOf = (at: 0 | 1, spec: string | undefined): string[] => [
    ...['--camera', spec ?? cameras[at].url, '--mic', 'test', '--speaker', 'none'],
    ...['--rtp-out', sinks[at].address],
  ];
  const far = oneWayMs > 0 && { network: { traits: { delayMs: oneWayMs } }, chatDelayMs: oneWayMs };
  try {
    return await withCall(
      { caller: optionsOf(0, camera?.caller), agent: optionsOf(1, camera?.agent), ...far },
      async ({ agent }) => ({
        [callerSees]: await since(agent, sinks[0]),
        [agentSees]: await since(agent, sinks[1]),
      }),
    );
  } finally {
    await Promise.all([...cameras, ...sinks].map((one) => one.close()));
  }
}

const how =
  '`call bob` and `call --answer --headless`, each a process with its own home, over TLS and the relay of a `serve` process. From the line `ringing` of who answers, which it prints right before ' +
  'it answers, to the first picture of the other side, whole and decrypted, out of `--rtp-out`; both come to this process, on one clock. ';
const warm =
  'The cameras are HTTP servers in this process which always have pictures, 640x480 at 30 a second. ';

function scenario(title: string, about: string, atMost: number, runOnce: () => Promise<Measured>): Scenario {
  const figures = [callerSees, agentSees].map((name) => ({ name, digits: 0, aim: { atMost } }));
  return { key, title, about, figures, runOnce };
}

export const setUpScenarios: readonly Scenario[] = [
  scenario('S1 From the answer to the first picture, on loopback', how + warm, 500, () => setUp(0, null)),
  scenario(
    'S2 From the answer to the first picture, 300 ms of round trip to the server',
    `${how}${warm}Datagrams and the chat connection of each side pass proxies of \`test/support\`, 150 ms in each direction; so between both sides it is 600 ms there and back.`,
    1_500,
    () => setUp(150, null),
  ),
];
