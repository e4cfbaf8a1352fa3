// The file of the client's settings in the home folder: read with one clear line for what is wrong, written whole.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { defaultHome, hasCode, Home } from '../../client/home.js';
import { PytalkError } from '../../protocol/errors.js';
import type { Say } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import { kindOf, readSettings, type SettingKey, type Settings } from './settings.js';

const fileName = 'config.json';

export interface SettingsKeeper {
  readonly path: string;
  readonly settings: Settings;
  /** One line for each thing in the file that is not as it should be. */
  problems(say: Say): readonly string[];
  /** Keeps one setting for good, and resolves with all of them. Rejects with `home-unusable`. */
  save<K extends SettingKey>(key: K, value: Settings[K]): Promise<Settings>;
}

type Json = Readonly<Record<string, unknown>>;

/** The object in the file; null when there is no file. Throws what is wrong with it otherwise. */
async function readObject(path: string): Promise<Json | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('not a JSON object');
  }
  return value as Json;
}

const reasonOf = (error: unknown): string =>
  cleanLine(error instanceof Error ? error.message : String(error));

function shownJson(value: unknown): string {
  const text = cleanLine(JSON.stringify(value));
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/**
 * Opens the settings of a home folder; without a file all defaults hold. A file that is wrong is told, not thrown. Nothing
 * is made on the disk before something is saved.
 */
export async function openSettings(dir: string = defaultHome()): Promise<SettingsKeeper> {
  const path = resolve(dir, fileName);
  let unreadable: unknown = null;
  let json: Json | null = null;
  try {
    json = await readObject(path);
  } catch (error) {
    unreadable = error;
  }
  const first = readSettings(json ?? {});
  let { settings } = first;
  return {
    path,
    get settings() {
      return settings;
    },
    problems(say) {
      if (unreadable !== null) return [say('settings.unreadable', { path, reason: reasonOf(unreadable) })];
      return first.wrong.map(({ key, value }) => {
        const kind = kindOf(key);
        return say('settings.wrong-value', {
          path,
          key,
          value: shownJson(value),
          allowed: kind.allowed.join(', '),
          used: kind.show(kind.default),
        });
      });
    },
    async save(key, value) {
      let current: Json;
      try {
        // Read again: what another chat or an editor has written since stays.
        current = (await readObject(path)) ?? {};
      } catch (cause) {
        // Never over a file that somebody wrote and that a comma may mend.
        throw new PytalkError('home-unusable', { details: { path, reason: reasonOf(cause) }, cause });
      }
      await (await Home.open(dir)).writeJson(fileName, { ...current, [key]: value });
      settings = { ...settings, [key]: value };
      return settings;
    },
  };
}
