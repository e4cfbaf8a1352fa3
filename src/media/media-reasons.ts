// Why a camera, a microphone or a speaker does not work: each known reason by a name, so that people read it in their language.
import { fillText, PytalkError, type ErrorDetails } from '../protocol/errors.js';

export const mediaReasons = {
  'no-picture': 'it gives no picture',
  'no-sound': 'it gives no sound',
  'not-playing': 'it does not play',
  'has-ended': 'it has ended',
  'nothing-comes': 'nothing comes from it any more',
  'no-camera': 'no camera was found; test, screen, file:PATH or an http:// address would do too',
  'other-cameras': 'there are: {names}',
  'no-microphone': 'no microphone was found',
  'no-speaker': 'no speaker was found',
  'no-sound-system': 'no sound system was found here',
  'no-sound-system-or-ffmpeg': 'no sound system was found here, and no ffmpeg either',
  'old-ffmpeg': 'it needs a newer ffmpeg: install one',
  'not-media': 'ffmpeg finds neither picture nor sound in it',
  'wayland-screen': 'Wayland lets no program see the screen by itself: log in to an X11 session',
  'no-screen': 'there is no screen here (DISPLAY is not set)',
  'agent-without': 'this agent has none',
  'not-an-address': 'not an address',
  'no-answer': 'no answer for {seconds} s',
  'no-picture-for': 'no picture for {seconds} s',
  'sent-no-picture': 'it sent no picture',
  'stream-ended': 'it has ended the stream',
  'wants-password': 'it wants a user name and a password',
  'leads-elsewhere': 'it leads to {protocol}',
  'android-camera':
    'name one: termux:0, or the address of an IP Webcam app such as http://127.0.0.1:8080/video',
  'termux-empty':
    'the picture is empty: Termux must be in the foreground, and the app Termux:API needs the permission Camera',
  'termux-permission': "the app Termux:API needs the permission Camera, in Android's settings ({said})",
  'termux-no-program': 'termux-camera-photo is not installed: pkg install termux-api',
  'termux-no-speaker': 'PulseAudio has no speaker: pulseaudio --start --exit-idle-time=-1',
  'termux-no-microphone':
    'PulseAudio has no microphone: pulseaudio --start --exit-idle-time=-1, pactl load-module module-sles-source; the app Termux:API needs the permission Microphone',
} as const;

export type MediaReason = keyof typeof mediaReasons;

/** What systems and ffmpeg say of failures that have a name: an error code of the system, or a reason of ours. */
const knownWords: readonly (readonly [words: RegExp, why: string])[] = [
  [/invalid data found/i, 'not-media' satisfies MediaReason],
  [/no such (file|device|process)|\bENOENT\b/i, 'ENOENT'],
  [/resource busy|\bEBUSY\b/i, 'EBUSY'],
  [/permission denied|not permitted|\bEACCES\b|\bEPERM\b/i, 'EACCES'],
  [/connection refused|\bECONNREFUSED\b/i, 'ECONNREFUSED'],
  [/name or service not known|\bENOTFOUND\b|\bEAI_AGAIN\b/i, 'ENOTFOUND'],
  [/no route to host|unreachable|\bE(HOST|NET)UNREACH\b/i, 'EHOSTUNREACH'],
  [/input\/output error|\bEIO\b/i, 'EIO'],
];

type Part = 'camera' | 'microphone' | 'speaker';

/** The error of a device. Its details hold the reason in English, and its name as `why`. */
export function mediaFailed(
  part: Part,
  name: string,
  why: MediaReason,
  more: { details?: ErrorDetails; cause?: unknown } = {},
): PytalkError {
  const reason = fillText(mediaReasons[why], more.details ?? {});
  const details = { ...more.details, [part]: name, reason, why };
  return new PytalkError(`${part}-failed`, { details, cause: more.cause });
}

/** The same by what a system or a program said; by `otherwise` when it said nothing. */
export function mediaFailedSaying(
  part: Part,
  name: string,
  words: string,
  { otherwise = 'has-ended', cause }: { otherwise?: MediaReason; cause?: unknown } = {},
): PytalkError {
  if (words === '') return mediaFailed(part, name, otherwise, { cause });
  const why = knownWords.find(([pattern]) => pattern.test(words))?.[1];
  const details = { [part]: name, reason: words, ...(why !== undefined && { why }) };
  return new PytalkError(`${part}-failed`, { details, cause });
}

/** The same by an error that was thrown; one of ours stays as it is. */
export function mediaFailedBy(part: Part, name: string, error: unknown): PytalkError {
  if (error instanceof PytalkError) return error;
  const words = error instanceof Error ? error.message : String(error);
  return mediaFailedSaying(part, name, words, { cause: error });
}
