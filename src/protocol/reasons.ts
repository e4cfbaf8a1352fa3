// Why a folder, a picture or a setting will not do, by name: the English words; the command line translates them by `why`.
import { fillText, type ErrorDetails } from './errors.js';

export const reasons = {
  'no-folder-there': 'no folder can be made there',
  'not-empty': 'it is not empty: name another folder with --data',
  'no-server-yet': 'no server has run with this data folder: name its folder with --data',
  'no-such-folder': 'there is no such folder: make it first',
  'avatar-format': 'an avatar is a PNG or JPEG',
  'avatar-pixels': 'it has {width} x {height} pixels, at most {max} a side are taken',
  'damaged-picture': 'it is damaged, or of a kind that is not shown here',
  'file-missing': 'the file {sha256} is missing',
  'file-unreadable': 'the file {sha256} cannot be read ({code})',
  'file-changed': 'the file {sha256} does not match its checksum',
  'socket-path': 'its path is too long for a socket: at most {max} bytes with admin.sock',
  'start-timeout': 'it has not begun to listen in time',
  'config-unknown': '{setting} is no setting: docs/CONFIG.md lists them',
  'config-choice': '{setting} must be one of {allowed}',
  'config-min': '{setting} must be at least {min}',
  'config-max': '{setting} must be at most {max}',
  'config-number': '{setting} must be a number',
  'config-whole': '{setting} must be a whole number',
  'config-object': '{setting} must be an object in braces',
  'config-text': '{setting} must be a text in quotation marks',
  'config-address': '{setting} must be a port, or HOST:PORT',
  'config-json': '{path} is not valid JSON ({said})',
  'config-no-object': '{path} must hold one JSON object',
} as const;

export type Reason = keyof typeof reasons;

export type Because = ErrorDetails & { readonly why: Reason; readonly reason: string };

/** Details of an error whose reason is `why`, filled with `details`. */
export function because(why: Reason, details: ErrorDetails = {}): Because {
  return { ...details, why, reason: fillText(reasons[why], details) };
}
