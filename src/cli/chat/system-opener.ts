// Opens a file with what the system has for it. Only kinds that are looked at or listened to: nothing is ever run.
import { startProgram, windowsProgram } from '../platform/start-program.js';

/** Endings of files that no system runs as programs. */
const harmless = new Set(
  (
    'png jpg jpeg gif webp bmp tif tiff heic avif mp4 m4v mov mkv webm avi 3gp mp3 m4a aac ogg oga opus flac wav ' +
    'pdf txt md csv tsv log json epub odt ods odp docx xlsx pptx rtf zip gz tar 7z ics vcf'
  ).split(' '),
);

export function isHarmless(name: string): boolean {
  return harmless.has(/\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '');
}

type Env = Readonly<Record<string, string | undefined>>;

/** The program that opens files here; null where there is no screen for one. */
export function openerOf(platform: NodeJS.Platform, env: Env): string | null {
  if (env['TERMUX_VERSION'] !== undefined) return 'termux-open';
  if (platform === 'darwin') return 'open';
  // `start` is a word of cmd, which would read the name as a line of its own.
  if (platform === 'win32') return windowsProgram(env, 'explorer.exe');
  const hasScreen = [env['DISPLAY'], env['WAYLAND_DISPLAY']].some((one) => one !== undefined && one !== '');
  return hasScreen ? 'xdg-open' : null;
}

/** False when there is no opener here; `missing` is called when the program cannot be started. */
export function openWithSystem(path: string, missing: () => void): boolean {
  const opener = openerOf(process.platform, process.env);
  if (opener === null) return false;
  startProgram({ program: opener, args: [path] }, missing);
  return true;
}
