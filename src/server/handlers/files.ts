// Requests about files: the bytes themselves come and go as chunk frames.
import type { Handlers } from '../handler.js';

export const fileHandlers = {
  'file.put': async ({ files, rates }, session, body) => {
    rates.take('uploads', session.userId);
    return { offset: await files.put(session, body.transfer, body.sha256, body.size) };
  },
  'file.finish': async ({ files }, session, body) => {
    await files.finish(session, body.transfer);
    return {};
  },
  'file.get': async ({ files }, session, body) => ({
    size: await files.get(session, body.transfer, body.sha256, body.offset),
  }),
  'file.cancel': (_context, session, body) => {
    session.transfers.get(body.transfer)?.cancel();
    session.transfers.delete(body.transfer);
    return {};
  },
} satisfies Pick<Handlers, 'file.put' | 'file.finish' | 'file.get' | 'file.cancel'>;
