// Puts a client together from its parts, and opens it.
import { PytalkError } from '../protocol/errors.js';
import { parseAddress } from './address.js';
import { Calls } from './calls/calls.js';
import type { Client, ConnectOptions, Me } from './api.js';
import type { Cache } from './cache.js';
import { PytalkClient } from './client.js';
import { Contacts } from './contacts.js';
import { Conversations } from './conversations.js';
import type { Core } from './core.js';
import { Directory } from './directory.js';
import { Emitter } from './emitter.js';
import { Home } from './home.js';
import { Link } from './link.js';
import { MessageViews } from './message-views.js';
import { Messages } from './messages.js';
import { People } from './people.js';
import { readFingerprint } from './pins.js';
import { handlePush } from './pushes.js';
import { RemoteSource } from './remote-source.js';
import { readSession, writeSession } from './session-file.js';
import { Session } from './session.js';
import type { Timers } from './timers.js';
import { Transfers } from './transfers.js';

const defaultServer = '127.0.0.1:5000';
const defaultTimeoutMs = 10_000;
/** With `offline: 'first'` the local copy has the processor for itself so long, for what is shown first. */
const copyFirstMs = 100;
/** How long `offline: true` waits for the first attempt to be decided. */
const firstAttemptMs = 1500;

/** `connect` with its clock. */
export async function connectWith(options: ConnectOptions, timers: Timers): Promise<Client> {
  const { mode = 'once' } = options;
  if (options.fingerprint !== undefined) readFingerprint(options.fingerprint);
  const home = await Home.open(options.home);
  const saved = await readSession(home);
  const address = parseAddress(options.server ?? saved?.server ?? defaultServer);
  const session = saved?.server === address.name ? saved : null;
  const tls = options.tls ?? session?.tls ?? true;

  const emitter = new Emitter();
  const contacts = await Contacts.open(home, address.name, (user) => emitter.emit('key-changed', { user }));
  const directory = new Directory((user) => contacts.seen(user));
  directory.me = session?.user ?? 0;
  const link: Link = new Link(
    {
      home,
      address,
      tls,
      timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
      live: mode === 'live',
      fingerprint: options.fingerprint,
      timers,
    },
    {
      onPush: (push) => handlePush(parts, push),
      onChunk: (chunk) => core.transfers.onChunk(chunk),
      onDatagram: (datagram) => parts.calls.onDatagram(datagram),
      onSignedIn: (reply) => {
        parts.session.signedInAgain(reply);
        core.live?.onSignedIn();
        parts.calls.onSignedIn();
      },
      onLost: (error) => {
        core.transfers.onLost(error);
        core.live?.onLost();
        parts.calls.onLost();
      },
      onState: (state, error, retryInMs) => emitter.emit('connection', { state, error, retryInMs }),
      onSessionEnded: (error) => sessionEnded(error),
    },
    session?.token ?? null,
  );
  const core: Core = {
    home,
    link,
    directory,
    contacts,
    emitter,
    timers,
    transfers: new Transfers(link, timers),
    remote: new RemoteSource(link, directory),
    mode,
    live: null,
    me: null,
    session,
  };
  const people = new People(core);
  const views = new MessageViews(core, people);
  const conversations = new Conversations(core, people, views);
  const parts = {
    core,
    people,
    conversations,
    calls: new Calls({
      core,
      people,
      conversations,
      serverHost: address.host,
      capacity: options.calls ?? 1,
    }),
    messages: new Messages(core, conversations, views),
    session: new Session(core, {
      server: address.name,
      tls,
      device: options.device,
      onSignedIn: (me) => openLive(me),
      onLeaving: async () => {
        await core.live?.close();
        core.live = null;
      },
    }),
  };
  const client = new PytalkClient(address.name, parts);

  function sessionEnded(error: PytalkError): void {
    core.me = null;
    if (core.session) {
      core.session = { ...core.session, token: null };
      void writeSession(home, core.session).catch(() => undefined);
    }
    if (core.live) {
      emitter.emit('session-ended', { error });
      void client.close();
    }
  }

  /** With mode `live`: opens the local copy of an account. */
  async function openLive(me: Me, opened?: Cache): Promise<void> {
    if (mode !== 'live') return;
    // Loaded when needed: SQLite takes its time, and single commands do without.
    const { openCache, openLocal } = await import('./live.js');
    const cache = opened ?? (await openCache(home, address.name, me.id));
    core.live = await openLocal({ core, people, conversations, views, cache, server: address.name, me });
    if (!link.signedIn) return;
    core.live.onSignedIn();
    await core.live.begun();
  }

  try {
    if (mode === 'live' && options.offline !== undefined && options.offline !== false && session?.token) {
      await openOffline(session.user, options.offline);
    } else {
      await link.open();
      if (core.me) await openLive(core.me);
    }
  } catch (error) {
    await client.close();
    throw error;
  }
  setImmediate(() => emitter.release());
  return client;

  /** From the local copy, if it knows this account; the connection comes when it comes. */
  async function openOffline(user: number, offline: true | 'first'): Promise<void> {
    const { openCache, readMe } = await import('./live.js');
    const cache = await openCache(home, address.name, user);
    let me: Me | null = null;
    try {
      me = await readMe(cache);
    } finally {
      if (me === null) await cache.close();
    }
    if (me === null) {
      await link.open();
      if (core.me) await openLive(core.me);
      return;
    }
    core.me = me;
    await openLive(me, cache);
    if (offline === 'first') {
      timers.after(copyFirstMs, () => void link.open().catch(() => undefined));
      return;
    }
    const attempt = link.open().catch(() => undefined);
    let stop = (): void => undefined;
    const patience = new Promise<void>((resolve) => (stop = timers.after(firstAttemptMs, resolve)));
    await Promise.race([attempt, patience]);
    stop();
  }
}
