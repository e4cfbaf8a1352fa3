// The French catalogue: does not compile unless it has English's keys, with the same placeholders.
import { agentFr } from './agent-fr.js';
import { callFr } from './call-fr.js';
import { chatFr } from './chat-fr.js';
import { commandsFr } from './commands-fr.js';
import { demoFr } from './demo-fr.js';
import type { en, Placeholders } from './en.js';
import { errorsFr } from './errors-fr.js';
import { firstStartFr } from './first-start-fr.js';
import { messagesFr } from './messages-fr.js';
import { plainFr } from './plain-fr.js';
import { reasonsFr } from './reasons-fr.js';
import { settingsFr } from './settings-fr.js';
import { monitorFr } from './monitor-fr.js';
import { toolsFr } from './tools-fr.js';

const texts = {
  ...commandsFr,
  ...messagesFr,
  ...toolsFr,
  ...monitorFr,
  ...chatFr,
  ...plainFr,
  ...settingsFr,
  ...firstStartFr,
  ...callFr,
  ...agentFr,
  ...demoFr,
  ...errorsFr,
  ...reasonsFr,
} as const;

type Same<A, B> = [A, B] extends [B, A] ? true : false;

/** `Texts` itself when it has the keys and placeholders of `Model`; else a type that names the key at fault. */
type Translation<Model, Texts> = {
  readonly [K in keyof Model | keyof Texts]: K extends keyof Model & keyof Texts
    ? Same<Placeholders<Model[K]>, Placeholders<Texts[K]>> extends true
      ? Texts[K]
      : 'has other placeholders'
    : 'is not in both languages';
};

export const fr: Translation<typeof en, typeof texts> = texts;
