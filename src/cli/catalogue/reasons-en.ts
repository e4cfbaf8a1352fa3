// English reasons inside the sentences of errors: of cameras, microphones and speakers, and of the system by its codes.
import { mediaReasons, type MediaReason } from '../../media/media-reasons.js';

type MediaTexts = { readonly [Name in MediaReason as `reason.${Name}`]: (typeof mediaReasons)[Name] };

export const reasonsEn = {
  ...(Object.fromEntries(
    Object.entries(mediaReasons).map(([name, text]) => [`reason.${name}`, text]),
  ) as MediaTexts),
  'reason.no-folder-there': 'no folder can be made there',
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
