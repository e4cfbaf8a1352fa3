// Keeps what is being written in the home folder, a file for each account and conversation: a restart or a crash loses no more than a moment.
/*
 * Several chats may run on one home. Each writes only the conversations in which something has changed there, and no file holds two of
 * them: so none undoes what another one has kept, and of the same conversation the last change stays.
 */
import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Client } from '../../client/api.js';
import { Home } from '../../client/home.js';
import type { ChatContext } from './context.js';
import { emptyComposer, type ChatState, type Composer } from './state.js';
import { bufferOf } from './text-buffer.js';

const folderName = 'drafts';
const fileName = /^([1-9]\d*)\.json$/;
/** What file systems allow for one name. */
const maxNameBytes = 255;
/** After a change it is written at the latest this much later. */
const writeAfterMs = 400;

const draftShape = z.object({
  text: z.string(),
  replyTo: z.string().nullable(),
  editing: z.string().nullable(),
});
type Draft = z.infer<typeof draftShape>;
/** By the conversation's id. */
export type Drafts = Readonly<Record<string, Draft>>;

export interface DraftFolder {
  read(account: string): Promise<Drafts>;
  /** Null when there is none any more. */
  write(account: string, conv: string, draft: Draft | null): Promise<void>;
  /** Drops all of this account. */
  forget(account: string): Promise<void>;
}

/** A colon cannot be part of a file's name everywhere; a long name in another script gets three times as many bytes. */
function accountName(account: string): string {
  const encoded = encodeURIComponent(account);
  return encoded.length <= maxNameBytes ? encoded : createHash('sha256').update(account).digest('hex');
}

/** The drafts of a home folder. A file that cannot be read counts as none: it is no reason not to chat. */
export function draftFolder(dir: string | undefined): DraftFolder {
  const nameOf = (account: string): string => join(folderName, accountName(account));
  return {
    async read(account) {
      const home = await Home.open(dir);
      const name = nameOf(account);
      const files = await readdir(home.path(name)).catch(() => []);
      const drafts = await Promise.all(
        files.map(async (file): Promise<[string, Draft][]> => {
          const conv = fileName.exec(file)?.[1];
          if (conv === undefined) return [];
          const draft = await home.readJson(join(name, file), draftShape).catch(() => null);
          return draft === null ? [] : [[conv, draft]];
        }),
      );
      return Object.fromEntries(drafts.flat());
    },
    async write(account, conv, draft) {
      const home = await Home.open(dir);
      const name = nameOf(account);
      const file = join(name, `${conv}.json`);
      if (draft === null) {
        await rm(home.path(file), { force: true });
        return;
      }
      await home.folder(name);
      await home.writeJson(file, draft);
    },
    async forget(account) {
      await rm((await Home.open(dir)).path(nameOf(account)), { recursive: true, force: true });
    },
  };
}

/** What is worth keeping; a draft that waits for a command goes before it, and what was written before an offered picture. */
export function draftsOf(composers: ChatState['composers']): Drafts {
  return Object.fromEntries(
    Object.entries(composers).flatMap(([conv, composer]): [string, Draft][] => {
      const { buffer, aside, beforeOffer, replyTo, editing } = composer;
      const { text } = beforeOffer ?? aside ?? buffer;
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
  /** What this chat has read or written last, by conversation. */
  private readonly kept: Map<string, Draft>;
  private wanted: ChatState['composers'] | null = null;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly folder: DraftFolder,
    private readonly account: string,
    kept: Drafts,
    private readonly failed: (error: unknown) => void,
  ) {
    this.kept = new Map(Object.entries(kept));
  }

  changed(composers: ChatState['composers']): void {
    this.wanted = composers;
    this.timer ??= setTimeout(() => void this.flush(), writeAfterMs);
  }

  /** Resolves when everything so far is on the disk. */
  flush(): Promise<void> {
    return this.next(() => this.write());
  }

  /** Drops all drafts of the account, whichever chat has kept them. */
  forget(): Promise<void> {
    this.wanted = null;
    return this.next(() => this.folder.forget(this.account));
  }

  private next(work: () => Promise<void>): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writing = this.writing.then(work).catch(this.failed);
    return this.writing;
  }

  private async write(): Promise<void> {
    if (this.wanted === null) return;
    const { wanted } = this;
    const now = draftsOf(wanted);
    this.wanted = null;
    const errors: unknown[] = [];
    for (const conv of new Set([...this.kept.keys(), ...Object.keys(now)])) {
      const draft = now[conv] ?? null;
      if (!isSame(this.kept.get(conv) ?? null, draft))
        await this.keep(conv, draft).catch((error: unknown) => errors.push(error));
    }
    if (errors.length === 0) return;
    // With the next change, or at the end.
    this.wanted ??= wanted;
    throw errors[0];
  }

  private async keep(conv: string, draft: Draft | null): Promise<void> {
    await this.folder.write(this.account, conv, draft);
    if (draft === null) this.kept.delete(conv);
    else this.kept.set(conv, draft);
  }
}

function isSame(one: Draft | null, other: Draft | null): boolean {
  return one?.text === other?.text && one?.replyTo === other?.replyTo && one?.editing === other?.editing;
}

/** Shows the drafts of who is logged in, and keeps them from now on; null without a folder. */
export async function keepDrafts(
  folder: DraftFolder | undefined,
  { me, server }: Pick<Client, 'me' | 'server'>,
  host: Pick<ChatContext, 'dispatch' | 'fail'>,
): Promise<DraftKeeper | null> {
  if (folder === undefined || me === null) return null;
  const account = `${me.username}@${server}`;
  const drafts = await folder.read(account);
  host.dispatch({ type: 'drafts-loaded', drafts });
  return new DraftKeeper(folder, account, drafts, (error) => host.fail(error));
}
