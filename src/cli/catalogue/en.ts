// The English catalogue: all areas in one; its keys are the keys there are.
import { agentEn } from './agent-en.js';
import { callEn } from './call-en.js';
import { chatEn } from './chat-en.js';
import { commandsEn } from './commands-en.js';
import { demoEn } from './demo-en.js';
import { errorsEn } from './errors-en.js';
import { firstStartEn } from './first-start-en.js';
import { messagesEn } from './messages-en.js';
import { plainEn } from './plain-en.js';
import { reasonsEn } from './reasons-en.js';
import { settingsEn } from './settings-en.js';
import { monitorEn } from './monitor-en.js';
import { toolsEn } from './tools-en.js';

export const en = {
  ...commandsEn,
  ...messagesEn,
  ...toolsEn,
  ...monitorEn,
  ...chatEn,
  ...plainEn,
  ...settingsEn,
  ...firstStartEn,
  ...callEn,
  ...agentEn,
  ...demoEn,
  ...errorsEn,
  ...reasonsEn,
} as const;

/** Every key of the catalogue. */
export type Key = keyof typeof en;

/** The names in braces of a text, as a union. */
export type Placeholders<Text> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;
