// The package's library entry: `import { connect } from 'pytalk'`.
import type { Client, ConnectOptions } from './api.js';
import { connectWith } from './connect.js';
import { systemTimers } from './timers.js';

export { PytalkError, type ErrorCode } from '../protocol/errors.js';
export type { FileInfo } from '../protocol/payload.js';
export type { LogEvent, SessionInfo, User } from '../protocol/shapes.js';
export type {
  Client,
  ClientEventName,
  ClientEvents,
  ConnectionState,
  ConnectOptions,
  ConversationView,
  Friend,
  HistoryQuery,
  Me,
  MemberView,
  Message,
  MessageKind,
  Outgoing,
  PollView,
  Progress,
  SystemNote,
  TransferOptions,
} from './api.js';
export type { Call, CallEvents, CallPerson, CallPhase, RelayAccess } from './call-api.js';

/**
 * Connects to a server, and logs in if this home did so before; `client.me` is null otherwise.
 * Rejects with PytalkError: `unreachable`, `timeout`, `certificate-changed`, `tls-needed`, `home-unusable`, …
 */
export function connect(options: ConnectOptions = {}): Promise<Client> {
  return connectWith(options, systemTimers);
}
