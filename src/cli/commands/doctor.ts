// `doctor`: looks at every part PyTalk needs, here and on the way to a server, and says what mends what is missing.
import { access, constants, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { defaultHome } from '../../client/home.js';
import { listDevices } from '../../media/devices.js';
import { termuxApi } from '../../media/capture/termux-cameras.js';
import { findFfmpeg } from '../../media/ffmpeg.js';
import type { Key } from '../catalogue/translate.js';
import { cleanLine } from '../clean-text.js';
import type { Context } from '../context.js';
import { padded } from '../format/columns.js';
import { portOf } from '../ports.js';
import type { Fields } from '../table/spec.js';
import { checkServer } from './doctor-network.js';

/** `info` is neither good nor bad. */
export interface Finding {
  readonly part: Key;
  readonly result: 'ok' | 'missing' | 'info';
  /** What was found. */
  readonly detail: string;
  /** What to do about it. */
  readonly remedy?: string;
}

const require = createRequire(import.meta.url);

async function loads(name: string): Promise<boolean> {
  try {
    await import(name);
    return true;
  } catch {
    return false;
  }
}

function versionOf(name: string): string {
  try {
    const found: unknown = require(`${name}/package.json`);
    return typeof found === 'object' && found !== null && 'version' in found ? String(found.version) : '';
  } catch {
    return '';
  }
}

function checkNode({ say }: Context): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isNew = major > 20 || (major === 20 && minor >= 19);
  const detail = `${process.version} ${process.platform} ${process.arch}`;
  return isNew
    ? { part: 'doctor.node', result: 'ok', detail }
    : { part: 'doctor.node', result: 'missing', detail, remedy: say('doctor.node.remedy') };
}

async function checkSqlite({ say }: Context): Promise<Finding> {
  const drivers = [
    (await loads('@appthreat/sqlite3')) ? `@appthreat/sqlite3 ${versionOf('@appthreat/sqlite3')}`.trim() : '',
    (await loads('node:sqlite')) ? 'node:sqlite' : '',
  ].filter((name) => name !== '');
  return drivers.length > 0
    ? { part: 'doctor.sqlite', result: 'ok', detail: drivers.join(', ') }
    : {
        part: 'doctor.sqlite',
        result: 'missing',
        detail: say('doctor.none'),
        remedy: say('doctor.sqlite.remedy'),
      };
}

async function checkSharp({ say }: Context): Promise<Finding> {
  return (await loads('sharp'))
    ? { part: 'doctor.sharp', result: 'ok', detail: `sharp ${versionOf('sharp')}`.trim() }
    : {
        part: 'doctor.sharp',
        result: 'missing',
        detail: say('doctor.none'),
        remedy: say('doctor.sharp.remedy'),
      };
}

async function checkFfmpeg({ say, io }: Context): Promise<Finding> {
  const found = await findFfmpeg(io.env['PYTALK_FFMPEG'] ?? null, io.env).catch(() => null);
  return found
    ? { part: 'doctor.ffmpeg', result: 'ok', detail: `${found.path} (${found.origin})` }
    : {
        part: 'doctor.ffmpeg',
        result: 'missing',
        detail: say('doctor.none'),
        remedy: say('doctor.ffmpeg.remedy'),
      };
}

/** No camera and no sound are no faults: servers have neither. */
async function checkDevices({ say, io }: Context): Promise<Finding[]> {
  const devices = await listDevices(io.env['PYTALK_FFMPEG'] ?? null);
  const named = (kinds: readonly string[]): string =>
    devices
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ name }) => name)
      .join(', ') || say('doctor.none');
  const sound = named(['microphone', 'speaker']);
  return [
    { part: 'doctor.camera', result: 'info', detail: named(['camera']) },
    {
      part: 'doctor.sound',
      result: 'info',
      detail: sound,
      ...(sound === say('doctor.none') && {
        remedy: say(process.platform === 'android' ? 'doctor.sound.termux' : 'doctor.sound.remedy'),
      }),
    },
  ];
}

/** On Android alone: camera and notifications come through it. */
async function checkTermuxApi({ say }: Context): Promise<Finding[]> {
  if (process.platform !== 'android') return [];
  const answer = await termuxApi();
  if (answer === 'ok') return [{ part: 'doctor.termux', result: 'ok', detail: say('doctor.termux.answers') }];
  const remedy = say(answer === 'no-program' ? 'doctor.termux.package' : 'doctor.termux.app');
  return [{ part: 'doctor.termux', result: 'missing', detail: say('doctor.none'), remedy }];
}

/** The folder itself or, when it has still to be made, the nearest one above it that is there. */
async function existing(dir: string): Promise<string> {
  const path = resolve(dir);
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  return isThere || dirname(path) === path ? path : existing(dirname(path));
}

async function checkHome({ home, say }: Context): Promise<Finding> {
  const dir = home ?? defaultHome();
  try {
    await access(await existing(dir), constants.R_OK | constants.W_OK | constants.X_OK);
    return { part: 'doctor.home', result: 'ok', detail: dir };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      part: 'doctor.home',
      result: 'missing',
      detail: `${dir}: ${reason}`,
      remedy: say('doctor.home.remedy'),
    };
  }
}

/** What this terminal can draw, as far as its environment says. */
export function graphicsOf(env: Readonly<Record<string, string | undefined>>): string {
  const { TERM: term = '', TERM_PROGRAM: program = '' } = env;
  if (env['KITTY_WINDOW_ID'] !== undefined || /kitty|ghostty/.test(`${term} ${program}`)) return 'kitty';
  if (/iTerm\.app|WezTerm/.test(program) || env['LC_TERMINAL'] === 'iTerm2') return 'iterm2';
  if (/foot|mlterm|sixel|contour/.test(term)) return 'sixel';
  return 'blocks';
}

function checkTerminal({ io, say }: Context): Finding {
  const isTerminal = io.stdout.isTTY === true;
  const { env } = io;
  const colours = /truecolor|24bit/i.test(env['COLORTERM'] ?? '')
    ? say('doctor.colours.true')
    : (env['NO_COLOR'] ?? '') !== '' || (env['TERM'] ?? 'dumb') === 'dumb'
      ? say('doctor.colours.none')
      : say('doctor.colours.256');
  const detail = isTerminal
    ? say('doctor.terminal.detail', {
        term: env['TERM'] ?? '?',
        columns: io.stdout.columns ?? 80,
        colours,
        graphics: graphicsOf(env),
      })
    : say('doctor.no-terminal');
  return { part: 'doctor.terminal', result: 'info', detail };
}

export async function doctor(context: Context, fields: Fields): Promise<number> {
  const { out, say } = context;
  const { paint } = out;
  const findings = [
    checkNode(context),
    await checkSqlite(context),
    await checkSharp(context),
    await checkFfmpeg(context),
    ...(await checkTermuxApi(context)),
    ...(await checkDevices(context)),
    await checkHome(context),
    checkTerminal(context),
  ];
  const marks = { ok: paint.green('✓'), missing: paint.red('✗'), info: paint.dim('·') };
  const show = async ({ part, result, detail, remedy }: Finding): Promise<void> => {
    const name = part.slice('doctor.'.length);
    if (out.isJson) await out.json({ part: name, ok: result !== 'missing', detail, remedy: remedy ?? null });
    else out.line(`${marks[result]} ${padded(say(part), 12)} ${cleanLine(detail)}`);
    if (!out.isJson && remedy !== undefined) out.line(`  ${padded('', 12)} → ${cleanLine(remedy)}`);
  };
  for (const finding of findings) await show(finding);
  for await (const finding of checkServer(context, portOf(fields, 'udpPort', say))) {
    findings.push(finding);
    await show(finding);
  }
  return findings.some(({ result }) => result === 'missing') ? 1 : 0;
}
