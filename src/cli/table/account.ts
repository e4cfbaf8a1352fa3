// Rows of the command table: beginning, and one's own account.
import { arg, type CommandSpec } from './spec.js';

const passwordStdin = { name: 'password-stdin' } as const;

export const accountCommands: readonly CommandSpec[] = [
  {
    name: 'register',
    group: 'begin',
    args: [{ name: 'user' }],
    options: [
      { name: 'phone', value: 'number' },
      { name: 'first-name', value: 'name' },
      { name: 'last-name', value: 'name' },
      { name: 'email', value: 'address' },
      { name: 'invite', value: 'code' },
      passwordStdin,
    ],
    examples: [
      'register alice --server chat.example.org',
      'register alice --phone 0612345678 --first-name Alice --password-stdin < password.txt',
    ],
    run: async () => (await import('../commands/register.js')).register,
  },
  {
    name: 'login',
    group: 'begin',
    args: [{ name: 'user' }],
    options: [{ name: 'reset-code', value: 'code' }, { name: 'recovery-key', value: 'key' }, passwordStdin],
    examples: ['login alice --server chat.example.org', 'login alice --reset-code K7QF-2M9D-X4TB-8RNC'],
    run: async () => (await import('../commands/login.js')).login,
  },
  {
    name: 'chat',
    group: 'begin',
    args: [{ ...arg.with, optional: true }],
    options: [
      { name: 'plain' },
      passwordStdin,
      { name: 'camera', value: 'src' },
      { name: 'mic', value: 'src' },
      { name: 'speaker', value: 'out' },
      {
        name: 'view',
        value: 'how',
        completes: ['auto', 'kitty', 'sixel', 'iterm2', 'blocks', 'ascii', 'none'],
      },
      { name: 'relay-only' },
    ],
    examples: ['chat', 'chat @bob', 'chat --camera http://192.168.1.20:8080/video'],
    run: async () => (await import('../commands/chat.js')).chat,
  },
  {
    name: 'demo',
    group: 'begin',
    examples: ['demo'],
    run: async () => (await import('../commands/demo-command.js')).demo,
  },
  {
    name: 'logout',
    group: 'account',
    examples: ['logout'],
    action: async () => (await import('../actions/account.js')).logout,
  },
  {
    name: 'whoami',
    group: 'account',
    examples: ['whoami'],
    action: async () => (await import('../actions/account.js')).whoami,
  },
  {
    name: 'profile',
    group: 'account',
    args: [{ ...arg.user, optional: true }],
    examples: ['profile', 'profile bob'],
    action: async () => (await import('../actions/account.js')).profile,
  },
  {
    name: 'profile set',
    group: 'account',
    options: [
      { name: 'bio', value: 'text' },
      { name: 'email', value: 'address' },
      { name: 'phone', value: 'number' },
      { name: 'first-name', value: 'name' },
      { name: 'last-name', value: 'name' },
      { name: 'avatar', value: 'file', completes: 'path' },
    ],
    examples: ['profile set --bio "On holiday until Monday" --avatar me.png', 'profile set --avatar ""'],
    action: async () => (await import('../actions/account.js')).profileSet,
  },
  {
    name: 'password',
    group: 'account',
    options: [passwordStdin],
    examples: ['password', 'password --password-stdin < old-and-new.txt'],
    run: async () => (await import('../commands/password.js')).password,
  },
  {
    name: 'recovery-key',
    group: 'account',
    options: [passwordStdin],
    examples: ['recovery-key'],
    run: async () => (await import('../commands/recovery-key.js')).recoveryKey,
  },
  {
    name: 'sessions',
    group: 'account',
    examples: ['sessions'],
    action: async () => (await import('../actions/account.js')).sessions,
  },
  {
    name: 'sessions revoke',
    group: 'account',
    args: [arg.id],
    examples: ['sessions revoke 4'],
    action: async () => (await import('../actions/account.js')).revokeSession,
  },
  {
    name: 'account delete',
    group: 'account',
    options: [{ name: 'yes', short: 'y' }, passwordStdin],
    examples: ['account delete'],
    run: async () => (await import('../commands/account-delete.js')).accountDelete,
  },
];
