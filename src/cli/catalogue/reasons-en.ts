// English reasons inside the sentences of errors: of cameras, microphones and speakers, of folders and settings, and of the system by its codes.
import { reasons, type Reason } from '../../protocol/reasons.js';
import { mediaReasons, type MediaReason } from '../../media/media-reasons.js';

type ReasonTexts = { readonly [Name in Reason as `reason.${Name}`]: (typeof reasons)[Name] };
type MediaTexts = { readonly [Name in MediaReason as `reason.${Name}`]: (typeof mediaReasons)[Name] };

export const reasonsEn = {
  ...(Object.fromEntries(
    Object.entries(mediaReasons).map(([name, text]) => [`reason.${name}`, text]),
  ) as MediaTexts),
  ...(Object.fromEntries(
    Object.entries(reasons).map(([name, text]) => [`reason.${name}`, text]),
  ) as ReasonTexts),
  'reason.ENOENT': 'it is not there',
  'reason.ENOTDIR': 'a part of the path is no folder',
  'reason.EISDIR': 'that is a folder',
  'reason.EEXIST': 'it exists already',
  'reason.EACCES': 'permission denied',
  'reason.EPERM': 'that is not permitted',
  'reason.EROFS': 'nothing can be written there',
  'reason.ENOSPC': 'the disk is full',
  'reason.EBUSY': 'another program uses it',
  'reason.EIO': 'the device gives an error',
  'reason.EADDRINUSE': 'another program uses the address',
  'reason.ECONNREFUSED': 'nothing answers there',
  'reason.ECONNRESET': 'the connection was cut',
  'reason.ETIMEDOUT': 'no answer',
  'reason.ENOTFOUND': 'there is no host of that name',
  'reason.EAI_AGAIN': 'the name of the host cannot be looked up now',
  'reason.EHOSTUNREACH': 'no way leads there',
  'reason.ENETUNREACH': 'no network leads there',
} as const;
