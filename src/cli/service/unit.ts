// The texts that make a server or an agent a service: a unit of systemd, made of the one in deploy/, and a property list of launchd.

/** What runs, and with what. */
export interface ServiceProgram {
  /** Absolute paths: the interpreter and the program. */
  readonly command: readonly [string, string];
  /** Words after them; the options of the environment's file follow. */
  readonly words: readonly string[];
  /** Absolute. */
  readonly folder: string;
  /** Absolute path of the file with further options. */
  readonly envFile: string;
  /** The variable in it. */
  readonly variable: string;
}

/** Settings that the manager of a user's services may carry out; the others need root, or a user of its own. */
const forUsers =
  /^(Type|Restart|RestartSec|RestartPreventExitStatus|StandardInput|TimeoutStopSec|LimitNOFILE|NoNewPrivileges|RestrictAddressFamilies|RestrictNamespaces|RestrictRealtime|RestrictSUIDSGID|LockPersonality|SystemCallArchitectures|SystemCallFilter|SystemCallErrorNumber|UMask|MemoryMax|WorkingDirectory|Environment|EnvironmentFile|ExecStart)=/;

/** A word of a list, such as ReadWritePaths (systemd.syntax(7), "Quoting"). */
function listWord(word: string): string {
  const escaped = word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%');
  return /^[\w@:,./=+%$\\-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

/** A word of a command line, where `$` names a variable (systemd.service(5), "Command lines"). */
export function commandWord(word: string): string {
  return listWord(word).replaceAll('$', '$$$$');
}

/** A path as a setting has it, where nothing but `%` is special. */
const unitPath = (path: string): string => path.replaceAll('%', '%%');

/** Homes and what lies in them are hidden from the service, unless its program or its folder does. */
const isInHome = (path: string): boolean => /^\/(home|root|run\/user)\//.test(path);

/** The service has folders of its own for what passes, unless it needs what is in the machine's. */
const isInTmp = (path: string): boolean => /^\/(tmp|var\/tmp)(\/|$)/.test(path);

/** The unit in deploy/ with the paths of this machine; `isUser`: for the service manager of one user. */
export function systemdUnit(shipped: string, program: ServiceProgram, isUser: boolean): string {
  const { command, words, folder, envFile, variable } = program;
  const paths = [...command, folder];
  // systemd makes this one, and lets the service write there.
  const stateFolder = `/var/lib/${/^StateDirectory=(.*)$/m.exec(shipped)?.[1] ?? ''}`;
  let section = '';
  const lines = shipped.split('\n').flatMap((line): string[] => {
    if (line.startsWith('[')) section = line;
    if (line.startsWith('#') && section === '') return [];
    if (line.startsWith('ExecStart=')) {
      return [`ExecStart=${[...command, ...words].map(commandWord).join(' ')} $${variable}`];
    }
    if (line.startsWith('EnvironmentFile=')) return [`EnvironmentFile=-${unitPath(envFile)}`];
    if (line.startsWith('Environment=')) {
      return [line.replace(/PYTALK_HOME=\S+/, () => listWord(`PYTALK_HOME=${folder}`))];
    }
    if (line.startsWith('WorkingDirectory=')) return [`WorkingDirectory=${unitPath(folder)}`];
    if (isUser) {
      if (section === '[Unit]' && /^(Wants|After)=network/.test(line)) return [];
      if (line === 'WantedBy=multi-user.target') return ['WantedBy=default.target'];
      return section !== '[Service]' || !/^\w+=/.test(line) || forUsers.test(line) ? [line] : [];
    }
    if (line === 'ProtectHome=yes' && paths.some(isInHome)) return ['ProtectHome=read-only'];
    if (line === 'PrivateTmp=yes' && paths.some(isInTmp)) return ['PrivateTmp=no'];
    if (line.startsWith('StateDirectoryMode=') && folder !== stateFolder) {
      return [line, `ReadWritePaths=${listWord(folder)}`];
    }
    return [line];
  });
  return `# Made by pytalk service install. Options: ${envFile}\n${lines.join('\n')}`;
}

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** What sets a variable in a shell, for any text. */
export function shellVariable(name: string, text: string): string {
  return `${name}='${text.replaceAll("'", "'\\''")}'\n`;
}

/**
 * launchd reads no file of options and starts again whatever failed. This does: `$0` is the file, `$1` the name of the
 * variable, the command follows. Wrong usage and a login that was revoked end well, as starting again mends neither.
 */
const launcher = `if [ -f "$0" ]; then . "$0"; fi
eval "options=\\$$1"
shift
trap 'kill "$child"' TERM INT
eval "\\"\\$@\\" $options &"
child=$!
wait "$child"
status=$?
if [ "$status" -gt 128 ]; then
  wait "$child"
  status=$?
fi
case $status in 2 | 3) exit 0 ;; esac
exit "$status"`;

/** launchd.plist(5). `user`: the user of the system that it runs as; null for the one whose launchd it is. */
export function launchdList(
  label: string,
  { command, words, folder, envFile, variable }: ServiceProgram,
  user: string | null,
  logFile: string,
): string {
  const string = (text: string): string => `<string>${escapeXml(text)}</string>`;
  const all = ['/bin/sh', '-c', launcher, envFile, variable, ...command, ...words].map(
    (word) => `    ${string(word)}`,
  );
  const userName = user === null ? '' : `  <key>UserName</key>\n  ${string(user)}\n`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Made by pytalk service install. -->
<plist version="1.0">
<dict>
  <key>Label</key>
  ${string(label)}
  <key>ProgramArguments</key>
  <array>
${all.join('\n')}
  </array>
${userName}  <key>WorkingDirectory</key>
  ${string(folder)}
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>StandardErrorPath</key>
  ${string(logFile)}
</dict>
</plist>
`;
}
