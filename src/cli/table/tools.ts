// Rows of the command table: for scripts and bots, and to see that all is well.
import type { CommandSpec } from './spec.js';

export const toolCommands: readonly CommandSpec[] = [
  {
    name: 'listen',
    group: 'script',
    options: [
      { name: 'with', short: 'w', value: 'with', many: true, completes: 'conversation' },
      { name: 'since', value: 'cursor' },
    ],
    examples: ['listen', 'listen --with @bob --with "#team" --since "$CURSOR"'],
    run: async () => (await import('../commands/listen.js')).listen,
  },
  {
    name: 'pipe',
    group: 'script',
    options: [
      { name: 'with', short: 'w', value: 'with', many: true, completes: 'conversation' },
      { name: 'since', value: 'cursor' },
    ],
    examples: [`echo '{"id":1,"do":"send","with":"@bob","text":"hi"}' | pytalk pipe`],
    run: async () => (await import('../commands/pipe.js')).pipe,
  },
  {
    name: 'completion',
    group: 'script',
    args: [{ name: 'shell', completes: ['bash', 'zsh', 'fish'] }],
    examples: [
      'completion bash > ~/.local/share/bash-completion/completions/pytalk',
      'completion zsh > ~/.zfunc/_pytalk',
      'completion fish > ~/.config/fish/completions/pytalk.fish',
    ],
    run: async () => (await import('../commands/completion.js')).completion,
  },
  {
    name: 'doctor',
    group: 'script',
    options: [{ name: 'udp-port', value: 'port' }],
    examples: ['doctor', 'doctor --server chat.example.org'],
    run: async () => (await import('../commands/doctor.js')).doctor,
  },
];
