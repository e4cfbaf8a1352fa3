// The texts that make a server or an agent a service: a unit of systemd, made of the one in deploy/, and a property list of launchd.

/** What runs, and with what. */
export interface ServiceProgram {
  /** Absolute paths: the interpreter and the program. */
  readonly command: readonly [string, string];
  /** Words after them; the options of the environment's file follow. */
  readonly words: readonly string[];
  /** Absolute. */
  readonly folder: string;
  /** Absolute path of the file with further options; read by systemd alone. */
  readonly envFile: string;
  /** The variable in it. */
  readonly variable: string;
}

/** Settings that the manager of a user's services may carry out; the others need root, or a user of its own. */
const forUsers =
  /^(Type|Restart|RestartSec|RestartPreventExitStatus|StandardInput|TimeoutStopSec|LimitNOFILE|NoNewPrivileges|RestrictAddressFamilies|RestrictNamespaces|RestrictRealtime|RestrictSUIDSGID|LockPersonality|SystemCallArchitectures|SystemCallFilter|SystemCallErrorNumber|UMask|MemoryMax|WorkingDirectory|Environment|EnvironmentFile|ExecStart)=/;

/** The folder that the units in deploy/ name. */
const shippedFolder = /\/var\/lib\/pytalk(-agent)?(?=[ ]|$)/g;

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

/** Homes and what lies in them are hidden from the service, unless the program itself does. */
const isInHome = (path: string): boolean => /^\/(home|root|run\/user)\//.test(path);

/** The unit in deploy/ with the paths of this machine; `isUser`: for the service manager of one user. */
export function systemdUnit(shipped: string, program: ServiceProgram, isUser: boolean): string {
  const { command, words, folder, envFile, variable } = program;
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
    if (line === 'ProtectHome=yes' && command.some(isInHome)) return ['ProtectHome=read-only'];
    if (line.startsWith('StateDirectoryMode=') && !shippedFolder.test(folder)) {
      return [line, `ReadWritePaths=${listWord(folder)}`];
    }
    return [line];
  });
  return `# Made by pytalk service install. Options: ${envFile}\n${lines.join('\n')}`;
}

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** launchd.plist(5). `options` are further words of the command. */
export function launchdList(
  label: string,
  { command, words, folder }: ServiceProgram,
  options: readonly string[],
  logFile: string,
): string {
  const string = (text: string): string => `<string>${escapeXml(text)}</string>`;
  const all = [...command, ...words, ...options].map((word) => `    ${string(word)}`);
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
  <key>WorkingDirectory</key>
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
