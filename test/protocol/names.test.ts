// Names, phone numbers, emoji, file names.
import fc from 'fast-check';
import t from 'tap';
import {
  isEmail,
  isEmoji,
  isName,
  isPhone,
  isUuid,
  nameKey,
  phoneDigits,
  safeFileName,
} from '../../src/protocol/names.js';

t.test('names have 2 to 32 letters, digits, dots, underscores and dashes', async (t) => {
  for (const name of ['al', 'Alice', 'équipe', 'a.b_c-d', '日本', '0612', 'x'.repeat(32)])
    t.ok(isName(name), name);
  for (const name of ['', 'a', 'x'.repeat(33), 'a b', 'a/b', '@al', '#al', '.al', 'a\n', 'ａｌ', '👍👍']) {
    t.notOk(isName(name), JSON.stringify(name));
  }
});

t.test('no name holds what cannot be seen, so that nobody looks like somebody else', async (t) => {
  for (const name of ['alice\ufe0f', 'alice\u034f', 'alice\u1160', 'ali\u180bce', '\u115f\u115f'])
    t.notOk(isName(name), JSON.stringify(name));
  t.ok(isName('नेहा'), 'marks that can be seen stay');
});

t.test('names that differ in case only have the same key', async (t) => {
  t.equal(nameKey('Alice'), nameKey('aLICE'));
  t.equal(nameKey('Équipe'), nameKey('équipe'));
  t.not(nameKey('alice'), nameKey('alicia'));
});

t.test('phone numbers have exactly 10 digits', async (t) => {
  t.ok(isPhone('0612345678'));
  for (const phone of ['061234567', '06123456789', '+612345678', '0612345678\n', ''])
    t.notOk(isPhone(phone), phone);
});

t.test('phone numbers may be written as people write them, and are 10 digits on the wire', async (t) => {
  for (const phone of [
    '0612345678',
    '06 12 34 56 78',
    ' 06.12.34.56.78 ',
    '06-12-34-56-78',
    '06\u00a012\u202f34\u201156/78',
    '+33612345678',
    '+33 6 12 34 56 78',
    '+33 (0)6 12 34 56 78',
    '0033612345678',
    '00 33 06 12 34 56 78',
  ])
    t.equal(phoneDigits(phone), '0612345678', phone);
  for (const phone of ['+447911123456', '00447911123456', '+3361234567', '061234567', '', 'bob'])
    t.notOk(isPhone(phoneDigits(phone)), phone);
  t.equal(phoneDigits('0033123456'), '0033123456', 'ten digits are what they are');
});

t.test('email addresses have a local part, an @ and a domain with a dot', async (t) => {
  for (const email of ['a@b.org', 'a.b+c@d-e.co.uk']) t.ok(isEmail(email), email);
  for (const email of ['a', 'a@b', 'a@@b.org', 'a@b.', '<a@b.org>', `${'x'.repeat(65)}@b.org`])
    t.notOk(isEmail(email), email);
});

t.test('a reaction is one emoji, also one made of several code points', async (t) => {
  for (const emoji of ['👍', '❤️', '👩‍👩‍👧', '🇫🇷', '1️⃣', '👍🏽', '☺']) t.ok(isEmoji(emoji), emoji);
  for (const emoji of ['', 'a', '👍👍', '👍a', '\u001b[31m', '1', '\u200d'])
    t.notOk(isEmoji(emoji), JSON.stringify(emoji));
});

t.test('only lower-case UUIDs are ids', async (t) => {
  t.ok(isUuid('019a2b3c-4d5e-7f60-8123-456789abcdef'));
  t.notOk(isUuid('019A2B3C-4D5E-7F60-8123-456789ABCDEF'));
  t.notOk(isUuid('019a2b3c4d5e7f608123456789abcdef'));
});

t.test('a file name from the network fits a disk, and keeps its extension', async (t) => {
  const safe = safeFileName(`${'漢'.repeat(250)}.jpeg`);
  t.equal(safe, `${'漢'.repeat(65)}.jpeg`);
  t.ok(Buffer.byteLength(safeFileName(`con.${'é'.repeat(250)}`)) <= 205);
});

t.test('a file name from the network has no way out of its folder', async (t) => {
  t.equal(safeFileName('../../etc/passwd'), 'passwd');
  t.equal(safeFileName('C:\\temp\\x.txt'), 'x.txt');
  t.equal(safeFileName('.bashrc'), 'bashrc');
  t.equal(safeFileName('..'), 'file-');
  t.equal(safeFileName('a\u0000b\u001b[2J.png'), 'ab[2J.png');
  t.equal(safeFileName('con.txt'), 'file-con.txt');
  t.equal(safeFileName('photo d’été.jpg'), 'photo d’été.jpg');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const safe = safeFileName(name);
      return (
        safe.length > 0 &&
        safe !== '.' &&
        safe !== '..' &&
        !/[/\\\u0000-\u001f]/.test(safe) &&
        !safe.startsWith('.')
      );
    }),
  );
});
