// Every error ends with its exit code and one line that says what to do.
import t from 'tap';
import { sayIn } from '../../src/cli/catalogue/translate.js';
import { exitCodeOf } from '../../src/cli/exit-codes.js';
import { failureLine, failureOf } from '../../src/cli/failure.js';
import { mediaFailed, mediaFailedSaying } from '../../src/media/media-reasons.js';
import { errorTexts, PytalkError, type ErrorCode } from '../../src/protocol/errors.js';

const say = sayIn('en');

/** docs/CLI.md promises these; everything else is 1. */
const promised: Partial<Record<ErrorCode, number>> = {
  usage: 2,
  'not-logged-in': 3,
  'login-refused': 3,
  'session-ended': 3,
  'account-disabled': 3,
  unreachable: 4,
  timeout: 4,
  disconnected: 4,
  offline: 4,
  stopping: 4,
  'server-full': 4,
  'certificate-changed': 4,
  'certificate-mismatch': 4,
  'tls-needed': 4,
  cancelled: 130,
};

t.test('every error code has its exit code', (t) => {
  for (const code of Object.keys(errorTexts) as ErrorCode[])
    t.equal(exitCodeOf(code), promised[code] ?? 1, code);
  t.end();
});

t.test('a failure is one line, in the language asked for, with what to do next', (t) => {
  const error = new PytalkError('not-logged-in');
  t.equal(
    failureLine(failureOf(error, say), false),
    'pytalk: log in first (`pytalk login USER`, or `pytalk register USER` for a new account)',
  );
  t.match(failureLine(failureOf(error, sayIn('fr')), false), /^pytalk: connectez-vous d’abord/);
  t.end();
});

t.test('a remedy fits the command that failed', (t) => {
  const hinted = (details: Record<string, string>): string =>
    failureOf(new PytalkError('user-not-found', { details: { name: 'zed', ...details } }), say).message;
  t.match(hinted({}), /the server you are logged in to/);
  t.match(hinted({ hint: 'hint.admin-user' }), /^there is no user zed \(`pytalk admin users` lists/);
  t.equal(hinted({ hint: 'admin.sound' }), 'there is no user zed', 'no other sentence is one');
  const cause = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
  const unwritable = new PytalkError('file-unwritable', {
    details: { path: '/nope/x', reason: cause.message },
    cause,
  });
  t.equal(failureOf(unwritable, say).message, 'cannot write /nope/x: there is no such folder: make it first');
  t.end();
});

t.test('reasons are in the language too: our own, those of the system, and those that ffmpeg says', (t) => {
  const french = (error: unknown): string => failureOf(error, sayIn('fr')).message;
  const cameras = mediaFailed('camera', 'x', 'other-cameras', { details: { names: 'one, two' } });
  t.equal(failureOf(cameras, say).message, 'cannot use the camera x: there are: one, two');
  t.match(french(cameras), / : il y a : one, two/);
  const busy = mediaFailedSaying('camera', 'default', '/dev/video0: Device or resource busy');
  t.match(french(busy), /un autre programme l’utilise/);
  t.match(french(mediaFailedSaying('speaker', 'x', '', { otherwise: 'not-playing' })), /il ne joue rien/);
  t.match(french(mediaFailedSaying('microphone', 'x', 'words never heard')), /words never heard/);
  const cause = Object.assign(new Error('connect ECONNREFUSED ::1:5000'), { code: 'ECONNREFUSED' });
  const unreachable = (reason: string): PytalkError =>
    new PytalkError('unreachable', { details: { server: 'x', reason }, cause });
  t.match(french(unreachable(cause.message)), /x.*rien n’y répond/);
  t.match(french(unreachable('closed')), /closed/, 'not the words of the system');
  t.end();
});

t.test('as JSON it has type, code, message and retryAfterMs', (t) => {
  const limited = new PytalkError('rate-limited', { details: { seconds: 3 }, retryAfterMs: 3000 });
  t.same(JSON.parse(failureLine(failureOf(limited, say), true)), {
    type: 'error',
    code: 'rate-limited',
    message: 'too many attempts: try again in 3 s',
    retryAfterMs: 3000,
  });
  t.equal(failureOf(new PytalkError('not-yours'), say).retryAfterMs, null);
  t.end();
});

t.test('names from others cannot steer the terminal', (t) => {
  const error = new PytalkError('user-not-found', { details: { name: 'x\x1b[2Jy\nz' } });
  t.match(failureOf(error, say).message, /^there is no user xy z /);
  t.end();
});

t.test('what nobody expected is told as such', (t) => {
  const failure = failureOf(new TypeError('boom'), say);
  t.same(
    [failure.exitCode, failure.code, failure.message],
    [1, 'internal', 'something unexpected went wrong: boom'],
  );
  t.end();
});

t.test("a newer server's unknown error keeps its own words", (t) => {
  const error = new PytalkError('internal', { cause: new Error('the moon is full') });
  t.match(failureOf(error, say).message, /the moon is full/);
  t.end();
});
