import t from 'tap';
import { nativeDevices } from '../../../src/media/audio/native-sound.js';

t.test('the device that swallows everything is no speaker and no microphone', (t) => {
  const card = { index: 1, name: 'HDA Intel', id: 'alsa:hw:0' };
  const list = (): object[] => [{ index: 0, name: 'Discard all samples', id: 'alsa:null' }, card];
  const library = { inputDevices: list, outputDevices: list };
  t.same(
    nativeDevices('speaker', () => library),
    [card],
  );
  t.same(
    nativeDevices('microphone', () => library),
    [card],
  );
  t.end();
});

t.test('a library that is missing is not one that finds nothing', (t) => {
  const missing = (): never => {
    throw new Error('Cannot find module');
  };
  t.equal(nativeDevices('speaker', missing), null);
  t.same(
    nativeDevices('speaker', () => ({ outputDevices: missing })),
    [],
  );
  t.end();
});
