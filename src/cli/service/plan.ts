// Where a service belongs on this system, what is written, and which programs of the system start and stop it. Does nothing itself.
import { posix } from 'node:path';
import { launchdList, shellVariable, systemdUnit, type ServiceProgram } from './unit.js';

export type ServiceKind = 'serve' | 'agent';

/** What planning depends on. */
export interface Place {
  readonly platform: NodeJS.Platform;
  /** 0 is root. */
  readonly uid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute paths of the interpreter, and of bin/pytalk.js. */
  readonly command: readonly [string, string];
  /** A user's service, though root asks. */
  readonly asUser: boolean;
  /** Absolute folder of the data or of the home; null for the usual one. */
  readonly folder: string | null;
  /** The user's own folder of it, for a user's service. */
  readonly ownFolder: string;
  /** Further options of the command, as on a command line. */
  readonly options: string | null;
  /** The unit in deploy/. */
  readonly shipped: (name: string) => string;
}

type Command = readonly [string, ...string[]];

export interface Plan {
  readonly name: string;
  /** Absolute paths of the interpreter and the program. */
  readonly command: readonly string[];
  /** The service's file; null where a script of Termux writes it. */
  readonly file: { readonly path: string; readonly text: string } | null;
  /** Written when it is not there, or options are named: they stay when the service is installed anew. */
  readonly optionsFile: { readonly path: string; readonly text: string } | null;
  /** Made, private, before the service starts; null when the system makes it. */
  readonly folder: string | null;
  /** The user of the system that the service runs as, which may have to be made; never root, which is refused. */
  readonly user: string | null;
  /** What of an earlier one is in the way; nothing needs to be there. */
  readonly clear: readonly Command[];
  readonly install: readonly Command[];
  readonly uninstall: readonly Command[];
  /** After the file is gone. */
  readonly refresh: readonly Command[];
  /** How its account is logged in, for an agent. */
  readonly logIn: string;
  /** It ends when its user logs out, unless that user's services go on. */
  readonly lingers: boolean;
  /** Ends with 0, and says what matches, while the service runs. */
  readonly status: Command;
  readonly isUp: RegExp;
}

const names: Readonly<Record<ServiceKind, string>> = { serve: 'pytalk', agent: 'pytalk-agent' };
const labels: Readonly<Record<ServiceKind, string>> = {
  serve: 'org.pytalk.server',
  agent: 'org.pytalk.agent',
};
const variables: Readonly<Record<ServiceKind, string>> = {
  serve: 'PYTALK_OPTIONS',
  agent: 'PYTALK_AGENT_OPTIONS',
};
/** A service has no screen, and none of systemd reaches a user's sound. */
export const usualOptions: Readonly<Record<ServiceKind, string>> = {
  serve: '',
  agent: '--camera default --mic none --speaker none',
};

/** Null for a system whose services it does not know. */
export function planService(kind: ServiceKind, place: Place): Plan | null {
  if (place.platform === 'android') return termux(kind, place);
  if (place.platform === 'darwin') return launchd(kind, place);
  return place.platform === 'linux' ? systemd(kind, place) : null;
}

/** The command that a service runs, without its usual options. */
export function wordsFor(kind: ServiceKind, folder: string): string[] {
  return kind === 'serve'
    ? ['serve', '--data', folder]
    : ['call', '--answer', '--headless', '--home', folder];
}

function systemd(kind: ServiceKind, place: Place): Plan {
  const { uid, env, asUser, command } = place;
  const name = names[kind];
  const isUser = asUser || uid !== 0;
  const home = env['HOME'] ?? '/';
  const named = env['XDG_CONFIG_HOME'] ?? '';
  // "All paths must be absolute. […] a relative path […] should be […] ignored" (XDG Base Directory Specification).
  const config = posix.isAbsolute(named) ? named : posix.join(home, '.config');
  const systemFolder = `/var/lib/${name}`;
  const folder = place.folder ?? (isUser ? place.ownFolder : systemFolder);
  const envFile = isUser ? posix.join(config, 'pytalk', `${name}.env`) : `/etc/${name}.env`;
  const variable = variables[kind];
  const program: ServiceProgram = { command, words: wordsFor(kind, folder), folder, envFile, variable };
  const path = isUser
    ? posix.join(config, 'systemd', 'user', `${name}.service`)
    : `/etc/systemd/system/${name}.service`;
  const systemctl = (...words: string[]): Command => ['systemctl', ...(isUser ? ['--user'] : []), ...words];
  return {
    name,
    command,
    file: { path, text: systemdUnit(place.shipped(`${name}.service`), program, isUser) },
    optionsFile: { path: envFile, text: `${variable}=${place.options ?? usualOptions[kind]}\n` },
    folder: folder === systemFolder ? null : folder,
    user: isUser ? null : name,
    clear: [],
    // It may run already, with other options.
    install: [systemctl('daemon-reload'), systemctl('enable', name), systemctl('restart', name)],
    uninstall: [systemctl('disable', '--now', name)],
    refresh: [systemctl('daemon-reload')],
    logIn: `${isUser ? '' : `sudo -u ${name} `}pytalk login USER --home ${folder}`,
    lingers: isUser,
    status: systemctl('is-active', name),
    isUp: /^active/,
  };
}

function launchd(kind: ServiceKind, place: Place): Plan {
  const { uid, env, asUser, command, options } = place;
  const name = names[kind];
  const label = labels[kind];
  const isUser = asUser || uid !== 0;
  const home = env['HOME'] ?? '/';
  const sudoUser = env['SUDO_USER'] ?? '';
  const user = isUser ? null : sudoUser === '' ? 'root' : sudoUser;
  const folder = place.folder ?? place.ownFolder;
  const envFile = isUser ? posix.join(home, '.config', 'pytalk', `${name}.env`) : `/etc/${name}.env`;
  const variable = variables[kind];
  const program = { command, words: wordsFor(kind, folder), folder, envFile, variable };
  const logs = isUser ? posix.join(home, 'Library', 'Logs') : '/Library/Logs';
  const path = isUser
    ? posix.join(home, 'Library', 'LaunchAgents', `${label}.plist`)
    : `/Library/LaunchDaemons/${label}.plist`;
  const domain = isUser ? `gui/${uid}` : 'system';
  return {
    name: label,
    command,
    file: { path, text: launchdList(label, program, user, posix.join(logs, `${name}.log`)) },
    optionsFile: { path: envFile, text: shellVariable(variable, options ?? usualOptions[kind]) },
    folder,
    user,
    clear: [['launchctl', 'bootout', `${domain}/${label}`]],
    install: [['launchctl', 'bootstrap', domain, path]],
    uninstall: [['launchctl', 'bootout', `${domain}/${label}`]],
    refresh: [],
    logIn: `pytalk login USER --home ${folder}`,
    lingers: false,
    status: ['launchctl', 'print', `${domain}/${label}`],
    isUp: /state = running/,
  };
}

function termux(kind: ServiceKind, { env, command, folder, options }: Place): Plan {
  const name = kind === 'serve' ? 'pytalk-server' : 'pytalk-agent';
  const share = posix.join(posix.dirname(command[1]), '..', 'termux');
  const dir = posix.join(env['PREFIX'] ?? '/', 'var', 'service', name);
  const given = options === null ? [] : [options];
  return {
    name,
    command,
    file: null,
    optionsFile: null,
    folder,
    user: null,
    clear: [],
    install: [
      ['sh', posix.join(share, 'service.sh'), name, folder ?? '', ...given],
      ['sv-enable', name],
    ],
    uninstall: [
      ['sv-disable', name],
      ['rm', '-rf', dir],
    ],
    refresh: [],
    logIn: `pytalk login USER${folder === null ? '' : ` --home ${folder}`}`,
    lingers: false,
    status: ['sv', 'status', name],
    isUp: /^run:/,
  };
}
