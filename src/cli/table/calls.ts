// Rows of the command table: calls.
import { arg, type CommandSpec } from './spec.js';

export const callCommands: readonly CommandSpec[] = [
  {
    name: 'call',
    group: 'talk',
    args: [{ ...arg.with, optional: true, variadic: true }],
    options: [
      { name: 'audio-only' },
      { name: 'camera', value: 'src' },
      { name: 'size', value: 'wxh' },
      { name: 'fps', value: 'n' },
      { name: 'mic', value: 'src' },
      { name: 'speaker', value: 'out' },
      { name: 'headless' },
      {
        name: 'view',
        value: 'how',
        completes: ['auto', 'kitty', 'sixel', 'iterm2', 'blocks', 'ascii', 'none'],
      },
      { name: 'answer' },
      { name: 'from', value: 'users' },
      { name: 'once' },
      { name: 'duration', value: 'seconds' },
      { name: 'rtp-out', value: 'host:port' },
      { name: 'sdp', value: 'path', completes: 'path' },
      { name: 'stats', value: 'path', completes: 'path' },
      { name: 'web', value: 'port', valueOptional: true },
      { name: 'record', value: 'path', completes: 'path' },
      { name: 'ffmpeg', value: 'path', completes: 'path' },
      { name: 'relay-only' },
    ],
    examples: [
      'call bob',
      'call bob --audio-only',
      'call bob --camera http://192.168.1.20:8080/video --mic none',
      'call --answer --from alice,bob --headless --json',
      'call bob --record call.mkv',
      'call bob --web --speaker none',
      'call bob --headless --rtp-out 127.0.0.1:5004 --sdp bob.sdp',
    ],
    run: async () => (await import('../commands/call.js')).call,
  },
  {
    name: 'devices',
    group: 'script',
    examples: ['devices', 'devices --json'],
    run: async () => (await import('../commands/devices.js')).devices,
  },
  {
    name: 'snapshot',
    group: 'script',
    options: [
      { name: 'camera', value: 'src' },
      { name: 'size', value: 'wxh' },
      { name: 'out', short: 'o', value: 'path', completes: 'path' },
      { name: 'send', value: 'with', completes: 'conversation' },
      { name: 'ffmpeg', value: 'path', completes: 'path' },
    ],
    examples: ['snapshot', 'snapshot --camera test --out test.png', 'snapshot --send bob'],
    run: async () => (await import('../commands/snapshot.js')).snapshot,
  },
];
