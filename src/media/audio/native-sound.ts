// The sound devices that the native library finds, where it is installed.
import { createRequire } from 'node:module';

export interface NativeDevice {
  index?: number;
  name?: string;
  id?: string;
}

interface Lists {
  inputDevices?: () => NativeDevice[];
  outputDevices?: () => NativeDevice[];
}

/** ALSA's device that swallows everything, which is there also where there is no sound at all. */
const nothing = 'alsa:null';

/**
 * Devices that can be heard or hear something; null without the library. To open one where there is none is no way to
 * find out: ALSA then writes a dozen lines of its own to the terminal.
 */
export function nativeDevices(
  kind: 'microphone' | 'speaker',
  load: () => unknown = () => createRequire(import.meta.url)('decibri'),
): NativeDevice[] | null {
  let lists: Lists;
  try {
    lists = load() as Lists;
  } catch {
    return null;
  }
  try {
    const list = kind === 'microphone' ? lists.inputDevices : lists.outputDevices;
    return (list?.() ?? []).filter(({ id }) => id !== nothing);
  } catch {
    // No sound system: an empty list says so.
    return [];
  }
}
