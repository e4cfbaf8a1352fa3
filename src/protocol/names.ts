// Rules for the names, phone numbers and texts that people type; shared so that both sides refuse alike.
import { limits } from './limits.js';

const namePattern = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]{1,31}$/u;

/** Characters that are shown as nothing: with them two names would look the same. */
const invisible = /\p{Default_Ignorable_Code_Point}/u;

/** True for 2 to 32 letters, digits, `.`, `_` or `-` that begin with a letter or digit. */
export function isName(name: string): boolean {
  return namePattern.test(name) && !invisible.test(name) && name.normalize('NFKC') === name;
}

/** The form in which names are compared for uniqueness: NFKC (Unicode annex 15), case-folded. */
export function nameKey(name: string): string {
  return name.normalize('NFKC').toLowerCase().normalize('NFKC');
}

/**
 * A phone number as people write it, as the 10 digits that cross the wire: separators go, and the country code of France
 * (`+33`, `0033`) is the first 0. Any other text comes back without separators, for `isPhone` to refuse.
 */
export function phoneDigits(text: string): string {
  const bare = text.replace(/[\s.()/\p{Pd}]/gu, '');
  return bare.replace(/^(?:\+|00)330?(?=\d{9}$)/, '0');
}

/** True for exactly 10 digits. */
export function isPhone(phone: string): boolean {
  return /^[0-9]{10}$/.test(phone);
}

/** True for what looks like an address of RFC 5321: local part, `@`, a domain with a dot. */
export function isEmail(email: string): boolean {
  return (
    email.length <= limits.maxEmailChars &&
    /^[^\s@"(),:;<>[\\\]\p{C}]{1,64}@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+$/u.test(email)
  );
}

/** True for text without control characters, line breaks or bidirectional overrides. */
export function isOneLine(text: string): boolean {
  return !/[\p{Cc}\p{Cs}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(text);
}

/**
 * True for text that JSON carries nearly as it is, as every JSON text and Base64 is itself: no control character (it
 * would take six bytes), no half surrogate pair (a database would store another one).
 */
export function isPayloadText(text: string): boolean {
  return !/[\u0000-\u001f\p{Cs}]/u.test(text);
}

/** True for a person's name: 1 to 64 characters, one line, not blank. */
export function isPersonName(name: string): boolean {
  return name.trim().length > 0 && name.length <= limits.maxPersonNameChars && isOneLine(name);
}

/** True for one grapheme that holds an emoji (Unicode technical standard 51). */
export function isEmoji(text: string): boolean {
  if (text.length === 0 || text.length > limits.maxEmojiChars) return false;
  if (!/\p{Emoji_Presentation}|\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u.test(text))
    return false;
  let graphemes = 0;
  for (const _ of new Intl.Segmenter().segment(text)) graphemes++;
  return graphemes === 1;
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** True for a lower-case UUID (RFC 9562). */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/** File systems take 255 bytes; the rest is for what others put before or after the name. */
const maxFileNameBytes = 200;

/** The name cut off before its extension, at whole characters, so that a disk can hold it. */
function shortened(name: string): string {
  const extension = /\.[^.]{1,15}$/.exec(name)?.[0] ?? '';
  let room = maxFileNameBytes - Buffer.byteLength(extension);
  let stem = '';
  for (const character of name.slice(0, name.length - extension.length)) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    stem += character;
  }
  return stem + extension;
}

/** The last part of a path from the network, without separators, control characters or leading dots, at most 205 bytes. */
export function safeFileName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const clean = shortened(last.replace(/[\p{C}<>:"|?*\u2028\u2029]/gu, '').replace(/^[.\s]+|[.\s]+$/g, ''));
  return /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(clean) || clean === '' ? `file-${clean}` : clean;
}
