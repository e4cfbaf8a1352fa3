// From a decoded frame to its handler and back: every check that holds for all requests is made here, once.
import type { Logger } from 'pino';
import { PytalkError } from '../protocol/errors.js';
import { decodeRequest, requestNumber, type AnyRequest } from '../protocol/envelope.js';
import { requests, type RequestType } from '../protocol/messages.js';
import { storageFailure } from './committer.js';
import type { Connection } from './connection.js';
import { Later, type Awaiting, type Handler, type Handlers, type ServerContext } from './handler.js';
import { accountHandlers } from './handlers/accounts.js';
import { callHandlers } from './handlers/calls.js';
import { connectionHandlers } from './handlers/connection.js';
import { conversationHandlers } from './handlers/conversations.js';
import { eventHandlers } from './handlers/events.js';
import { fileHandlers } from './handlers/files.js';
import { peopleHandlers } from './handlers/people.js';
import { statisticsHandlers } from './handlers/statistics.js';
import { StorageError } from './storage/storage.js';

/** The handler of every request; one that is missing does not compile. */
const handlers: Handlers = {
  ...connectionHandlers,
  ...accountHandlers,
  ...peopleHandlers,
  ...conversationHandlers,
  ...eventHandlers,
  ...fileHandlers,
  ...callHandlers,
  ...statisticsHandlers,
};

/** Requests that may come before `hello`. */
const beforeHello: ReadonlySet<RequestType> = new Set(['hello', 'ping']);

/**
 * Carries out one request and answers it. Returns a promise when it has to wait, for the connection to count (one that
 * waits for a `Later` is counted without). A value that is no request at all throws ProtocolError: the connection cannot go on.
 */
export function dispatch(
  context: ServerContext,
  connection: Connection,
  value: unknown,
): Promise<void> | undefined {
  const req = requestNumber(value);
  let request: AnyRequest;
  try {
    request = decodeRequest(value);
  } catch (error) {
    if (req === null || !(error instanceof PytalkError) || error.code === 'bad-frame') throw error;
    connection.refuse(req, error);
    return undefined;
  }
  try {
    check(connection, request.type);
    // The table ties body and handler together; the union of all of them cannot say so.
    const handler = handlers[request.type] as Handler<RequestType>;
    const result = handler(context, connection, request.body);
    if (result instanceof Later) {
      connection.began();
      result.tell(answering(context, connection, request));
      return undefined;
    }
    if (!(result instanceof Promise)) {
      connection.answer(request.req, result);
      return undefined;
    }
    return result.then(answer(context, connection, request), (error: unknown) =>
      connection.refuse(request.req, asClientError(error, request.type, context.log)),
    );
  } catch (error) {
    connection.refuse(request.req, asClientError(error, request.type, context.log));
    return undefined;
  }
}

/** Answers a request that has come now, once it is carried out; a message was delivered then. */
function answer(
  { statistics }: ServerContext,
  connection: Connection,
  { req, type }: AnyRequest,
): (ok: unknown) => void {
  const cameAt = performance.now();
  return (ok) => {
    connection.answer(req, ok);
    if (type === 'event.send') statistics.delivered(performance.now() - cameAt);
  };
}

/** Answers a request of a `Later`, either way. */
function answering(context: ServerContext, connection: Connection, request: AnyRequest): Awaiting<unknown> {
  const answered = answer(context, connection, request);
  return {
    done: (ok) => {
      answered(ok);
      connection.finished();
    },
    failed: (error) => {
      connection.refuse(request.req, asClientError(error, request.type, context.log));
      connection.finished();
    },
  };
}

function check(connection: Connection, type: RequestType): void {
  if (!connection.greeted && !beforeHello.has(type)) {
    throw new PytalkError('invalid', { details: { field: 'type', reason: 'hello must come first' } });
  }
  if (requests[type].login && connection.userId === 0) throw new PytalkError('not-logged-in');
}

function asClientError(error: unknown, type: RequestType, log: Logger): PytalkError {
  if (error instanceof PytalkError) return error;
  log.error({ err: error, request: type }, 'request failed');
  return error instanceof StorageError
    ? storageFailure(error)
    : new PytalkError('internal', { cause: error });
}
