// Keeps what is being written, by account and conversation, in the home folder: a restart or a crash loses no more than a moment.
import { z } from 'zod';
import type { Client } from '../../client/api.js';
import { Home } from '../../client/home.js';
import type { ChatContext } from './context.js';
import { emptyComposer, type ChatState, type Composer } from './state.js';
import { bufferOf } from './text-buffer.js';

const fileName = 'drafts.json';
/** After a change it is written at the latest this much later. */
const writeAfterMs = 400;

const draftShape = z.object({
  text: z.string(),
  replyTo: z.string().nullable(),
  editing: z.string().nullable(),
});
const fileShape = z.record(z.string(), z.record(z.string(), draftShape));
type Draft = z.infer<typeof draftShape>;
/** By the conversation's id. */
export type Drafts = Readonly<Record<string, Draft>>;

export interface DraftFile {
  read(account: string): Promise<Drafts>;
  write(account: string, drafts: Drafts): Promise<void>;
}

/** The drafts of a home folder. A file that cannot be read counts as none: it is no reason not to chat. */
export function draftFile(dir: string | undefined): DraftFile {
  const all = async (home: Home): Promise<Record<string, Drafts>> =>
    (await home.readJson(fileName, fileShape).catch(() => null)) ?? {};
  return {
    async read(account) {
      return (await all(await Home.open(dir)))[account] ?? {};
    },
    async write(account, drafts) {
      const home = await Home.open(dir);
      const others = Object.entries(await all(home)).filter(([name]) => name !== account);
      const own = Object.keys(drafts).length === 0 ? [] : [[account, drafts] as const];
      await home.writeJson(fileName, Object.fromEntries([...others, ...own]));
    },
  };
}

/** What is worth keeping; a draft that waits for a command goes before the command. */
export function draftsOf(composers: ChatState['composers']): Drafts {
  return Object.fromEntries(
    Object.entries(composers).flatMap(([conv, { buffer, aside, replyTo, editing }]): [string, Draft][] => {
      const { text } = aside ?? buffer;
      return conv === '0' || text.trim() === '' ? [] : [[conv, { text, replyTo, editing }]];
    }),
  );
}

/** Composers with the drafts in them, where nothing else is being written. */
export function withDrafts(composers: ChatState['composers'], drafts: Drafts): ChatState['composers'] {
  const kept = Object.entries(drafts)
    .filter(([conv]) => (composers[Number(conv)]?.buffer.text ?? '') === '')
    .map(([conv, { text, replyTo, editing }]): [string, Composer] => [
      conv,
      { ...emptyComposer, buffer: bufferOf(text), replyTo, editing },
    ]);
  return { ...composers, ...Object.fromEntries(kept) };
}

/** Writes the drafts of one account as they change, one write at a time. */
export class DraftKeeper {
  private written: ChatState['composers'] | null = null;
  private wanted: ChatState['composers'] | null = null;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly file: DraftFile,
    private readonly account: string,
    private readonly failed: (error: unknown) => void,
  ) {}

  changed(composers: ChatState['composers']): void {
    this.wanted = composers;
    this.timer ??= setTimeout(() => void this.flush(), writeAfterMs);
  }

  /** Resolves when everything so far is on the disk. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writing = this.writing.then(async () => {
      const { wanted } = this;
      if (wanted === null || wanted === this.written) return;
      this.written = wanted;
      await this.file.write(this.account, draftsOf(wanted)).catch(this.failed);
    });
    return this.writing;
  }
}

/** Shows the drafts of who is logged in, and keeps them from now on; null without a file. */
export async function keepDrafts(
  file: DraftFile | undefined,
  { me, server }: Pick<Client, 'me' | 'server'>,
  host: Pick<ChatContext, 'dispatch' | 'fail'>,
): Promise<DraftKeeper | null> {
  if (file === undefined || me === null) return null;
  const account = `${me.username}@${server}`;
  host.dispatch({ type: 'drafts-loaded', drafts: await file.read(account) });
  return new DraftKeeper(file, account, (error) => host.fail(error));
}
