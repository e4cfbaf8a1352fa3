// The client's settings: what a file and a typed value may say, what is kept, and the documentation of it all.
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { sayIn } from '../../../src/cli/catalogue/translate.js';
import { openSettings } from '../../../src/cli/settings/settings-file.js';
import {
  defaultSettings,
  kindOf,
  readSettings,
  settingKeyOf,
  settingKeys,
} from '../../../src/cli/settings/settings.js';
import { renderSettings } from '../../support/config-doc.js';
import { projectFile } from '../../support/project.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const say = sayIn('en');

t.test('every default is allowed in a file and can be typed as it is shown', (t) => {
  t.same(readSettings(JSON.parse(JSON.stringify(defaultSettings))), { settings: defaultSettings, wrong: [] });
  for (const key of settingKeys.filter((one) => one !== 'keys')) {
    const kind = kindOf(key);
    t.equal(kind.parse(kind.show(kind.default), kind.default), kind.default, key);
    for (const text of kind.allowed) t.not(kind.parse(text, kind.default), undefined, `${key} ${text}`);
  }
  t.equal(settingKeyOf('READRECEIPTS'), 'readReceipts');
  t.equal(settingKeyOf('nothing'), undefined);
  t.end();
});

t.test('a wrong value is told and its default is used; the others hold', (t) => {
  const json = { theme: 'blue', typing: false, mouse: 'yes', unknown: 1, doNotDisturb: '25:00-07:00' };
  const { settings, wrong } = readSettings(json);
  t.same(
    wrong,
    [
      { key: 'doNotDisturb', value: '25:00-07:00' },
      { key: 'mouse', value: 'yes' },
      { key: 'theme', value: 'blue' },
    ].sort((a, b) => settingKeys.indexOf(a.key as 'theme') - settingKeys.indexOf(b.key as 'theme')),
  );
  t.same(settings, { ...defaultSettings, typing: false });
  t.end();
});

t.test('values are typed as people write them', (t) => {
  const typing = kindOf('typing');
  const theme = kindOf('theme');
  const doNotDisturb = kindOf('doNotDisturb');
  const keys = kindOf('keys');
  t.equal(typing.parse('Oui', false), true);
  t.equal(typing.parse('FALSE', true), false);
  t.equal(typing.parse('perhaps', true), undefined);
  t.equal(theme.parse('DARK', 'auto'), 'dark');
  t.equal(doNotDisturb.parse('22:00 - 07:00', 'off'), '22:00-07:00');
  for (const wrong of ['22-7', '22:00-22:00', '22:60-07:00', '22:00-', 'never'])
    t.equal(doNotDisturb.parse(wrong, 'off'), undefined, wrong);
  t.same(keys.parse('ctrl+t quit', { f2: 'help' }), { f2: 'help', 'ctrl+t': 'quit' });
  t.same(keys.parse('F2 none', { f2: 'help' }), { f2: null });
  t.same(keys.parse('f2=default', { f2: 'help' }), {});
  t.equal(keys.parse('f2', {}), undefined);
  t.equal(keys.read({ f2: 3 }), undefined);
  t.equal(keys.read([]), undefined);
  t.same(keys.read({ f2: null, f3: 'help' }), { f2: null, f3: 'help' });
  t.end();
});

t.test('without a file there are the defaults, and nothing is made until something is saved', async (t) => {
  const home = join(await temporaryFolder(t), 'new');
  const kept = await openSettings(home);
  t.same(kept.settings, defaultSettings);
  t.same(kept.problems(say), []);
  await t.rejects(stat(home), { code: 'ENOENT' });
  t.match(await kept.save('theme', 'light'), { theme: 'light' });
  t.equal((await stat(kept.path)).mode & 0o777, 0o600);
  t.match((await openSettings(home)).settings, { theme: 'light', mouse: false });
});

t.test('saving keeps unknown keys, and what another program has written since', async (t) => {
  const home = await temporaryFolder(t);
  const path = join(home, 'config.json');
  await writeFile(path, '{"future":{"a":1},"typing":false}');
  const kept = await openSettings(home);
  await writeFile(path, '{"future":{"a":1},"typing":false,"mouse":true}');
  await kept.save('lang', 'fr');
  t.same(JSON.parse(await readFile(path, 'utf8')), {
    future: { a: 1 },
    typing: false,
    mouse: true,
    lang: 'fr',
  });
  t.match(kept.settings, { typing: false, lang: 'fr' });
});

t.test('one line names the file, the setting and what is allowed, without control characters', async (t) => {
  const home = await temporaryFolder(t);
  await writeFile(join(home, 'config.json'), JSON.stringify({ theme: 'b\u001b[2Jlue', mouse: 3 }));
  const kept = await openSettings(home);
  const [theme = '', mouse = '', ...more] = kept.problems(say);
  t.same(more, []);
  t.match(theme, join(home, 'config.json'));
  t.match(
    theme,
    /theme cannot be ".*lue": it is one of auto, dark, light, contrast, 16, none; auto is used$/,
  );
  t.notMatch(theme, /\p{Cc}/u);
  t.match(mouse, /mouse cannot be 3: it is one of on, off; off is used$/);
});

t.test('a file that is not JSON is told, and never written over', async (t) => {
  const home = await temporaryFolder(t);
  const path = join(home, 'config.json');
  for (const text of ['{"theme":', '[]', '3']) {
    await writeFile(path, text);
    const kept = await openSettings(home);
    t.same(kept.settings, defaultSettings);
    t.match(kept.problems(say), [/config\.json cannot be read \(/]);
    await t.rejects(kept.save('theme', 'dark'), { code: 'home-unusable' });
    t.equal(await readFile(path, 'utf8'), text);
  }
});

t.test('docs/CONFIG.md holds the table of the client’s settings as they are', async (t) => {
  const text = await readFile(projectFile('docs', 'CONFIG.md'), 'utf8');
  const expected = renderSettings('en');
  t.ok(text.includes(expected), `docs/CONFIG.md should hold:\n\n${expected}`);
});
