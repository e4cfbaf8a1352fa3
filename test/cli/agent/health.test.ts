// Tests of the words for the agent's health.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { healthText, temperatureOf, type Health } from '../../../src/cli/agent/health.js';
import { sayIn } from '../../../src/cli/catalogue/translate.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const health: Health = {
  uptimeMs: 3_723_000,
  camera: { label: '/dev/video0', state: 'open', problem: null },
  viewers: ['alice', 'bob'],
  maxViewers: 4,
  memory: 123_400_000,
  temperature: 51.25,
  motion: { peak: 0.0042, threshold: 0.01 },
  lastError: { text: 'unplugged', agoMs: 65_000 },
};

t.test('says all that is known, in both languages', async (t) => {
  t.same(healthText(health, sayIn('en')).split('\n'), [
    'running for 1:02:03',
    'camera /dev/video0: on',
    'viewers (2 of 4): alice, bob',
    'memory 123 MB',
    'temperature 51.3 °C',
    'motion: 0.0042 at most in the last minute, told from 0.01',
    'last error, 1:05 ago: unplugged',
  ]);
  const little = { ...health, viewers: [], temperature: null, motion: null, lastError: null };
  const broken = { label: 'default', state: 'failed', problem: 'cannot use the camera' } as const;
  t.same(healthText({ ...little, camera: broken }, sayIn('fr')).split('\n'), [
    'en marche depuis 1:02:03',
    'caméra default : ne fonctionne pas',
    'cannot use the camera',
    'spectateurs (0 sur 4) : personne',
    'mémoire 123 Mo',
    'aucune erreur jusqu’ici',
  ]);
});

t.test('the temperature is that of the hottest zone, or unknown', async (t) => {
  const folder = await temporaryFolder(t);
  t.equal(await temperatureOf(join(folder, 'none')), null);
  for (const [zone, text] of [
    ['thermal_zone0', '48312\n'],
    ['thermal_zone1', '52000\n'],
    ['thermal_zone2', ''],
    ['cooling_device0', '99000'],
  ] as const) {
    await mkdir(join(folder, zone));
    await writeFile(join(folder, zone, 'temp'), text);
  }
  t.equal(await temperatureOf(folder), 52);
});
