// English sentences of every error code: those of the protocol's own table, so that there is one wording.
import { errorTexts, type ErrorCode } from '../../protocol/errors.js';

type ErrorTexts = { readonly [Code in ErrorCode as `error.${Code}`]: (typeof errorTexts)[Code] };

export const errorsEn = Object.fromEntries(
  Object.entries(errorTexts).map(([code, text]) => [`error.${code}`, text]),
) as ErrorTexts;
