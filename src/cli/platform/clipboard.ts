// Reads a picture from the clipboard of the desktop, with the small programs that each system has for it.
import { execFile, type ExecFileException } from 'node:child_process';
import { powershell, windowsProgram } from './start-program.js';

type Env = Readonly<Record<string, string | undefined>>;

interface Reader {
  readonly program: string;
  readonly args: readonly string[];
  /** The picture in what the program has printed; most print it as it is. */
  readonly decode?: (printed: Buffer) => Buffer;
}

/** What is needed here in one word of its package, for the person. */
export interface ClipboardReaders {
  readonly readers: readonly Reader[];
  readonly install: string;
}

/** A program that hangs, because who has the clipboard does not answer, is ended. */
const timeoutMs = 10_000;
/** Of a picture in hexadecimal; more is not sent by anybody. */
const maxPrinted = 64 * 1024 * 1024;

const script = [
  '-NoProfile',
  '-STA',
  '-Command',
  'Add-Type -AssemblyName System.Windows.Forms,System.Drawing; $p = [Windows.Forms.Clipboard]::GetImage(); ' +
    'if ($p) { $s = New-Object IO.MemoryStream; $p.Save($s, [Drawing.Imaging.ImageFormat]::Png); [Convert]::ToBase64String($s.ToArray()) }',
];
const fromBase64 = (printed: Buffer): Buffer => Buffer.from(printed.toString('latin1'), 'base64');
/** AppleScript prints `«data PNGf89504E47…»`. */
const fromAppleScript = (printed: Buffer): Buffer =>
  Buffer.from(/PNGf([0-9A-F]+)/.exec(printed.toString('latin1'))?.[1] ?? '', 'hex');

/** The programs to try, in order; null where there is no desktop with a clipboard. */
export function clipboardReaders(platform: NodeJS.Platform, env: Env): ClipboardReaders | null {
  const has = (name: string): boolean => (env[name] ?? '') !== '';
  if (platform === 'darwin') {
    const appleScript = ['-e', 'the clipboard as «class PNGf»'];
    return {
      readers: [
        { program: 'pngpaste', args: ['-'] },
        { program: 'osascript', args: appleScript, decode: fromAppleScript },
      ],
      install: 'pngpaste',
    };
  }
  if (platform === 'win32') {
    const program = windowsProgram(env, ...powershell);
    return { readers: [{ program, args: script, decode: fromBase64 }], install: 'PowerShell' };
  }
  const readers: Reader[] = [];
  // Looked for in PATH alone, unlike on Windows; where WSL starts no programs of Windows, its own desktop is asked.
  if (has('WSL_DISTRO_NAME')) readers.push({ program: 'powershell.exe', args: script, decode: fromBase64 });
  if (has('WAYLAND_DISPLAY'))
    readers.push({ program: 'wl-paste', args: ['--no-newline', '--type', 'image/png'] });
  if (has('DISPLAY'))
    readers.push({ program: 'xclip', args: ['-selection', 'clipboard', '-target', 'image/png', '-out'] });
  if (readers.length === 0) return null;
  const install = has('WAYLAND_DISPLAY') ? 'wl-clipboard' : has('DISPLAY') ? 'xclip' : 'PowerShell';
  return { readers, install };
}

/** Why a program was of no use: it is not there, has no picture, does not end, prints too much, or cannot be started. */
export type ClipboardTrouble =
  | { readonly why: 'missing' | 'empty' }
  | { readonly why: 'slow' | 'large' | 'failed'; readonly program: string };

function troubleOf(error: ExecFileException, program: string): ClipboardTrouble {
  const { code, killed = false } = error;
  if (code === 'ENOENT') return { why: 'missing' };
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return { why: 'large', program };
  if (killed) return { why: 'slow', program };
  // What ends with a number of its own was asked for a picture, and has none.
  return typeof code === 'number' ? { why: 'empty' } : { why: 'failed', program };
}

function run(
  { program, args, decode }: Reader,
  env: Env,
  timeout: number,
): Promise<Buffer | ClipboardTrouble> {
  const options = {
    env: { ...env },
    timeout,
    maxBuffer: maxPrinted,
    encoding: 'buffer' as const,
    windowsHide: true,
  };
  return new Promise((resolve) => {
    execFile(program, [...args], options, (error, printed) => {
      const picture = decode === undefined ? printed : decode(printed);
      if (error !== null) resolve(troubleOf(error, program));
      else resolve(picture.length === 0 ? { why: 'empty' } : picture);
    });
  });
}

/** The picture in the clipboard, else why there is none: what went wrong says more than that one program is missing. */
export async function readClipboard(
  readers: readonly Reader[],
  env: Env,
  programTimeoutMs = timeoutMs,
): Promise<Buffer | ClipboardTrouble> {
  let trouble: ClipboardTrouble = { why: 'missing' };
  for (const reader of readers) {
    const found = await run(reader, env, programTimeoutMs);
    if (Buffer.isBuffer(found)) return found;
    if (trouble.why === 'missing' || (trouble.why === 'empty' && 'program' in found)) trouble = found;
  }
  return trouble;
}
