// Rows of the command table: running and administering a server.
import type { CommandSpec, OptionSpec } from './spec.js';

const data = { name: 'data', value: 'dir', completes: 'path' } as const satisfies OptionSpec;
const limit = { name: 'limit', short: 'n', value: 'n' } as const satisfies OptionSpec;
const user = { name: 'user' } as const;

export const serverCommands: readonly CommandSpec[] = [
  {
    name: 'serve',
    group: 'server',
    options: [
      { name: 'host', value: 'address' },
      { name: 'port', value: 'port' },
      { name: 'udp-port', value: 'port' },
      { name: 'advertise-udp', value: 'host:port' },
      data,
      { name: 'cert', value: 'file', completes: 'path' },
      { name: 'key', value: 'file', completes: 'path' },
      { name: 'metrics', value: '[host:]port' },
      {
        name: 'log-level',
        value: 'level',
        completes: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      },
      { name: 'registration', value: 'who', completes: ['open', 'invite', 'closed'] },
      { name: 'config', value: 'file', completes: 'path' },
    ],
    examples: ['serve', 'serve --data /var/lib/pytalk --registration invite --metrics 9464'],
    run: async () => (await import('../commands/serve.js')).serve,
  },
  ...(
    [
      ['users', [], [], ['admin users']],
      ['disable', [user], [], ['admin disable mallory']],
      ['enable', [user], [], ['admin enable mallory']],
      ['reset-password', [user], [], ['admin reset-password alice']],
      ['grant', [user], [{ name: 'off' }], ['admin grant alice', 'admin grant alice --off']],
      ['ban', [user], [], ['admin ban mallory']],
      [
        'quota',
        [user, { name: 'size', optional: true }],
        [],
        ['admin quota alice', 'admin quota alice 20G', 'admin quota alice default'],
      ],
      ['invite', [], [], ['admin invite']],
      ['log', [], [limit], ['admin log --limit 100']],
      ['audit', [], [limit], ['admin audit']],
      ['db', [{ name: 'with', optional: true }], [limit], ['admin db', 'admin db "#team" --limit 20']],
      ['check', [], [], ['admin check']],
      ['compact', [], [], ['admin compact']],
    ] as const
  ).map(([word, args, options, examples]): CommandSpec => ({
    name: `admin ${word}`,
    group: 'server',
    args,
    options: [...options, data],
    examples,
    run: async () => (await import('../commands/admin.js')).admin[word],
  })),
  ...(
    [
      [
        'install',
        [{ name: 'options', value: 'text' }, { name: 'print' }],
        ['service install', 'service install agent --home ~/agent', 'service install --print'],
      ],
      ['uninstall', [], ['service uninstall agent']],
      ['status', [], ['service status']],
    ] as const
  ).map(([word, options, examples]): CommandSpec => ({
    name: `service ${word}`,
    group: 'server',
    args: [{ name: 'what', optional: true, completes: ['serve', 'agent'] }],
    options: [...options, { name: 'user' }, data],
    examples,
    run: async () => (await import('../commands/service.js')).service[word],
  })),
  {
    name: 'monitor',
    group: 'server',
    options: [data],
    examples: ['monitor', 'monitor --server chat.example.org', 'monitor --json'],
    run: async () => (await import('../commands/monitor.js')).monitor,
  },
  {
    name: 'bench',
    group: 'server',
    options: [{ name: 'people', value: 'n' }, { name: 'seconds', value: 's' }, data],
    examples: ['bench', 'bench --people 20 --seconds 30 --data /var/lib/pytalk'],
    run: async () => (await import('../commands/bench.js')).bench,
  },
  {
    name: 'backup',
    group: 'server',
    args: [{ name: 'file', completes: 'path' }],
    options: [data],
    examples: ['backup pytalk-2026-01-31.backup --data /var/lib/pytalk'],
    run: async () => (await import('../commands/backup.js')).backup,
  },
  {
    name: 'restore',
    group: 'server',
    args: [{ name: 'file', completes: 'path' }],
    options: [data],
    examples: ['restore pytalk-2026-01-31.backup --data /var/lib/pytalk'],
    run: async () => (await import('../commands/restore.js')).restore,
  },
];
