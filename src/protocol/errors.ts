// The one table of error codes, and the error class that carries them across the wire and up to people.

/**
 * Every code with its English sentence; `{name}` is filled from the error's details.
 * Codes are a contract (docs/PROTOCOL.md). The command line shows them translated from its catalogue.
 */
export const errorTexts = {
  // the wire
  'bad-frame': 'the data received is not a PyTalk frame',
  'frame-too-long': 'a frame of {bytes} bytes is over the limit of {max}',
  'bad-json': 'a frame holds text that is not valid JSON',
  'unknown-type': 'there is no request called {type}',
  invalid: 'the field {field} is missing or wrong: {reason}',
  'too-slow': 'the connection was closed because it did not take its data fast enough',
  'unsupported-version':
    'the other side speaks protocol {theirs}, this side speaks {ours}: update the older one',
  // who one is
  'not-logged-in': 'log in first',
  'login-refused': 'wrong username or password',
  'session-ended': 'this device was logged out: log in again',
  'account-disabled': 'an administrator has disabled this account',
  'registration-closed': 'this server takes no new accounts: ask its administrator',
  'invite-invalid': 'the invitation code is missing, wrong or used up: ask the administrator for one',
  'reset-code-invalid': 'the reset code is wrong, used or too old: ask the administrator for a new one',
  'rate-limited': 'too many attempts: try again in {seconds} s',
  // names and fields
  'invalid-username': 'a username has 2 to 32 letters, digits, dots, underscores or dashes',
  'invalid-group-name': 'a group name has 2 to 32 letters, digits, dots, underscores or dashes',
  'invalid-phone':
    'a phone number has exactly 10 digits; +33 stands for the first 0, and no other country code can be used',
  'invalid-email': 'that is not an email address',
  'invalid-person-name': 'a name may not be empty, hold control characters or be longer than 64 characters',
  'invalid-emoji': 'a reaction is one emoji',
  'invalid-text': 'a message may not be empty or longer than {max} characters',
  'weak-password': 'a password has at least {min} characters',
  'name-taken': 'the name {name} is taken',
  'phone-taken': 'the phone number is in use or was released less than 30 days ago',
  // people and conversations
  'user-not-found': 'there is no user {name}',
  'phone-not-found': 'nobody here has that phone number',
  'conversation-not-found': 'there is no user or group {name}, or you are not in it',
  'message-not-found': 'there is no message {id} in your conversations',
  'file-not-found': 'the file is not here, or no longer, or you may not fetch it',
  'not-a-member': '{name} is not a member of the group',
  'already-member': '{name} is a member already',
  'not-in-group': 'you are not a member of that group any more',
  'not-group-admin': 'only an admin of the group may do that',
  'contacts-full': 'one can have at most {max} contacts',
  'group-full': 'a group has at most {max} members',
  'groups-full': '{name} is in {max} groups, and cannot be in more',
  'not-a-group': 'that is not a group',
  'not-a-poll': 'that message is not a poll, or has no such option',
  'not-yours': 'only the author (or a group admin, to delete) may do that',
  blocked: 'messages between you and {name} are blocked',
  yourself: 'that cannot be done to yourself',
  'id-taken': 'another message has that id already',
  // files
  'file-too-large': 'the file has {bytes} bytes, the server takes at most {max}',
  'quota-exceeded': 'your files would take {bytes} bytes, the server allows {max} for each person',
  'file-corrupt': 'the file received does not match its SHA-256',
  'too-many-transfers': 'at most {max} transfers at a time',
  'bad-picture': 'the picture cannot be read: {reason}',
  'file-unreadable': 'cannot read {path}: {reason}',
  'file-unwritable': 'cannot write {path}: {reason}',
  'web-failed': 'the page cannot be opened on port {port}: {reason}',
  'file-exists': '{path} exists already: name another file',
  // administrators
  'not-administrator': 'only an administrator may do that: `pytalk admin grant USER` on the server makes one',
  'not-running': 'no server runs with the data in {path}: start it, or name it with --server',
  // calls
  'call-not-found': 'that call is over, or you are not in it',
  'call-lost':
    'the server has no such call any more: it was started anew, or this device was away for too long',
  'call-running': 'a call runs in that conversation already: answer it',
  'call-full': 'a call has at most {max} participants',
  'call-too-many': 'a group of {members} is too large to call all at once: name at most {max} people',
  'call-nobody': 'there is nobody to call in that conversation',
  'in-call': 'this device is in a call already: hang up first',
  'key-invalid':
    'the call key of {name} is not signed by their identity: the server may be listening in, so the call was ended',
  'key-changed':
    'the identity key of {name} has changed: compare safety numbers with `pytalk verify {name}`, then call again',
  'camera-failed': 'cannot use the camera {camera}: {reason}',
  'microphone-failed': 'cannot use the microphone {microphone}: {reason}',
  'speaker-failed': 'cannot use the speaker {speaker}: {reason}',
  'ffmpeg-missing': 'ffmpeg is needed for that and was not found: install it, or name it with --ffmpeg',
  // the server's state
  'disk-full': 'the server cannot store it: its disk is full',
  'storage-failed': 'the server cannot store it: {reason}',
  'server-full': 'the server has as many connections as it takes: try again later',
  stopping: 'the server is stopping',
  internal: 'something went wrong inside the server; its log says more',
  // the client's side
  unreachable: 'cannot reach {server}: {reason}',
  timeout: 'no answer within {seconds} s',
  disconnected: 'the connection to the server was lost',
  'certificate-changed':
    'the certificate of {server} has changed. If its owner did that, run `pytalk login` with --fingerprint {fingerprint}; if not, someone may be listening in',
  'certificate-mismatch':
    'the certificate of {server} is {fingerprint}, not the one given with --fingerprint',
  'tls-needed': '{server} does not speak TLS; reach it with --no-tls if you trust the network between',
  'home-locked': 'another pytalk (process {pid}) uses {path}: end it, or name another folder with {option}',
  'home-unusable': 'cannot use {path}: {reason}',
  'sqlite-missing': 'no SQLite driver works here: install @appthreat/sqlite3, or use Node 22.13 or newer',
  'database-newer': 'the database {path} was made by a newer PyTalk: update this one',
  'database-damaged': 'the database {path} is damaged ({reason}): restore a backup',
  'recovery-key-invalid': 'that recovery key does not fit this account',
  'service-unsupported': 'PyTalk cannot set up services on this system; by hand: {command}',
  'service-failed': 'the service is not set up: {program}: {reason}',
  'service-missing': 'there is no such service here: {path} does not exist',
  'server-not-started': 'the server did not start: {reason}. Its log: {path}',
  offline: 'not connected, and this cannot wait: try again when the server answers',
  cancelled: 'cancelled',
  closed: 'this client is closed',
  usage: '{reason}',
} as const;

export type ErrorCode = keyof typeof errorTexts;
export type ErrorDetails = Readonly<Record<string, string | number>>;

/** True when `code` is in the table; a newer peer may send one that is not. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTexts, code);
}

/** Fills `{name}` in a sentence from details; an unknown name stays as it is. */
export function fillText(text: string, details: ErrorDetails): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(details[name] ?? whole));
}

export interface ErrorOptions {
  details?: ErrorDetails;
  /** Milliseconds after which a retry can succeed. */
  retryAfterMs?: number;
  cause?: unknown;
}

/** The only error class that crosses module borders: `code` says what, `details` fill its sentence. */
export class PytalkError extends Error {
  override readonly name: string = 'PytalkError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, options: ErrorOptions = {}) {
    const details = options.details ?? {};
    super(fillText(errorTexts[code], details), { cause: options.cause });
    this.code = code;
    this.details = details;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Thrown by decoders, and by nothing else: the bytes or values received break the protocol. */
export class ProtocolError extends PytalkError {
  override readonly name = 'ProtocolError';
}
