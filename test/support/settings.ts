// Settings that are kept in memory, for tests of what uses them.
import type { SettingsKeeper } from '../../src/cli/settings/settings-file.js';
import { defaultSettings, type Settings } from '../../src/cli/settings/settings.js';

export function memorySettings(
  own: Partial<Settings> = {},
  problems: readonly string[] = [],
): SettingsKeeper {
  let settings: Settings = { ...defaultSettings, ...own };
  return {
    path: '/home/config.json',
    get settings() {
      return settings;
    },
    problems: () => problems,
    save(key, value) {
      settings = { ...settings, [key]: value };
      return Promise.resolve(settings);
    },
  };
}
