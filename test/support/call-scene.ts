// A server's core with people who call each other: a clock turned by hand, and a relay that only keeps its tickets.
import { uuidv7 } from 'uuidv7';
import type { CallMedia } from '../../src/protocol/call-shapes.js';
import type { Reply } from '../../src/protocol/messages.js';
import { decodePayload, type ControlPayload } from '../../src/protocol/payload.js';
import type { LogEvent } from '../../src/protocol/shapes.js';
import type { CallsOptions } from '../../src/server/calls/calls.js';
import type { HubWatcher } from '../../src/server/hub.js';
import type { RelayParticipant } from '../../src/server/relay/relay-messages.js';
import type { Storage } from '../../src/server/storage/storage.js';
import { openDirect, readLog } from './conversing.js';
import { startCore, type Core, type CoreOptions } from './core.js';
import { fakeTimers, type FakeTimers } from './fake-timers.js';
import type { Teardown } from './temporary-folder.js';
import type { WireClient } from './wire-client.js';

/** A call key as the server sees it: it looks into none. */
export function callKey(fill = 1) {
  return {
    publicKey: Buffer.alloc(32, fill).toString('base64url'),
    signature: Buffer.alloc(64, fill).toString('base64url'),
  };
}

export interface CallScene {
  core: Core;
  alice: WireClient;
  bob: WireClient;
  /** The direct conversation of the two. */
  conv: number;
  timers: FakeTimers;
  /** Tickets that are good now, by their name. */
  tickets: Map<string, RelayParticipant>;
  relay: CallsOptions['relay'];
  /** What the relay was given of chat connections. */
  taken: { bytes: Buffer; username: string }[];
  /** Whether the server keeps anything of any call. */
  isIdle(): boolean;
}

export async function callScene(test: Teardown, options: CoreOptions = {}): Promise<CallScene> {
  const timers = fakeTimers();
  const tickets = new Map<string, RelayParticipant>();
  const taken: CallScene['taken'] = [];
  const relay: CallsOptions['relay'] = {
    address: { host: '127.0.0.1', port: 9999 },
    add: (participant: RelayParticipant) => void tickets.set(participant.username, participant),
    remove: (username: string) => void tickets.delete(username),
    take: (bytes: Uint8Array, username: string) => void taken.push({ bytes: Buffer.from(bytes), username }),
    onTunnelled: (): void => undefined,
  };
  const core = await startCore(test, { after: timers.after, relay, ...options });
  const [alice, bob] = await Promise.all([core.join(1), core.join(2)]);
  const conv = await openDirect(alice, 2);
  const isIdle = (): boolean =>
    core.context.calls.running.length === 0 && tickets.size === 0 && timers.pending === 0;
  return { core, alice, bob, conv, timers, tickets, relay, taken, isIdle };
}

/** Closes a client's connection; resolves when the server knows. */
export async function lose(core: Core, client: WireClient): Promise<void> {
  const known = new Promise<void>((resolve) => {
    const watcher: HubWatcher = {
      signedIn: () => undefined,
      disconnected: () => {
        core.hub.watchers.delete(watcher);
        resolve();
      },
      sessionEnded: () => undefined,
      sessionsEnded: () => undefined,
      excluded: () => undefined,
    };
    core.hub.watchers.add(watcher);
  });
  await Promise.all([client.destroy(), known]);
}

export interface Calling {
  call?: string;
  media?: CallMedia;
  users?: number[];
  key?: ReturnType<typeof callKey>;
}

export function startCall(
  client: WireClient,
  conv: number,
  { call = uuidv7(), media = 'audio', key = callKey(), users }: Calling = {},
): Promise<Reply<'call.start'>> {
  return client.request('call.start', { call, conv, media, key, ...(users && { users }) });
}

/** Begins a call and takes it. Resolves with its id once both are told so. */
export async function talking({ alice, bob, conv }: CallScene, media: CallMedia = 'audio'): Promise<string> {
  const { state } = await startCall(alice, conv, { media });
  await bob.nextPush('call.incoming', ({ state: rings }) => rings.call === state.call);
  await bob.request('call.accept', { call: state.call, key: callKey(2) });
  await alice.nextPush('call.state', ({ state: now }) => now.participants.length === 2);
  return state.call;
}

type CallEntry = Extract<ControlPayload, { kind: 'call' }>;

function asCallEntry({ class: eventClass, payload }: LogEvent): CallEntry | null {
  const read = eventClass === 'control' ? decodePayload('control', payload) : null;
  return read?.kind === 'call' ? read : null;
}

/** The next entry of a call that this client is told of. */
export async function nextEntry(client: WireClient): Promise<CallEntry> {
  const event = await client.nextPush('event', (one) => asCallEntry(one) !== null);
  return asCallEntry(event)!;
}

/** All entries of calls in a conversation. */
export async function entriesOf(client: WireClient, conv: number): Promise<CallEntry[]> {
  return (await readLog(client, conv)).flatMap((event) => asCallEntry(event) ?? []);
}

/** Holds look-ups of accounts, or commits, up while it is closed. */
export function storageGate() {
  let opened: Promise<void> = Promise.resolve();
  let open = (): void => undefined;
  let arrived = (): void => undefined;
  const hold = (what: 'account' | 'commit') => {
    held = what;
    opened = new Promise((resolve) => {
      open = () => {
        held = null;
        resolve();
      };
    });
    return new Promise<void>((resolve) => (arrived = resolve));
  };
  let held: 'account' | 'commit' | null = null;
  const pass = async (what: 'account' | 'commit'): Promise<void> => {
    if (held !== what) return;
    arrived();
    await opened;
  };
  const counts = { commits: 0 };
  const wrap = (storage: Storage): Storage => ({
    ...storage,
    account: async (id) => {
      await pass('account');
      return storage.account(id);
    },
    commit: async (units) => {
      counts.commits++;
      await pass('commit');
      return storage.commit(units);
    },
  });
  /** `hold` resolves once the first one waits. */
  return { wrap, hold, open: () => open(), counts };
}
