// Reads a picture from the clipboard of the desktop, with the small programs that each system has for it.
import { execFile } from 'node:child_process';

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

const powershell = [
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
    const script = ['-e', 'the clipboard as «class PNGf»'];
    return {
      readers: [
        { program: 'pngpaste', args: ['-'] },
        { program: 'osascript', args: script, decode: fromAppleScript },
      ],
      install: 'pngpaste',
    };
  }
  if (platform === 'win32' || has('WSL_DISTRO_NAME')) {
    const program = 'powershell.exe';
    return { readers: [{ program, args: powershell, decode: fromBase64 }], install: 'PowerShell' };
  }
  const readers: Reader[] = [];
  if (has('WAYLAND_DISPLAY'))
    readers.push({ program: 'wl-paste', args: ['--no-newline', '--type', 'image/png'] });
  if (has('DISPLAY'))
    readers.push({ program: 'xclip', args: ['-selection', 'clipboard', '-target', 'image/png', '-out'] });
  if (readers.length === 0) return null;
  return { readers, install: has('WAYLAND_DISPLAY') ? 'wl-clipboard' : 'xclip' };
}

/** What one program prints: null when it is not installed, nothing when it has no picture. */
function run({ program, args, decode }: Reader, env: Env): Promise<Buffer | null> {
  const options = { env: { ...env }, timeout: timeoutMs, maxBuffer: maxPrinted, encoding: 'buffer' as const };
  return new Promise((resolve) => {
    execFile(program, [...args], options, (error, printed) => {
      if (error?.code === 'ENOENT') resolve(null);
      else if (error !== null) resolve(Buffer.alloc(0));
      else resolve(decode === undefined ? printed : decode(printed));
    });
  });
}

/** The picture in the clipboard; empty when there is none, null when none of the programs is installed. */
export async function readClipboard(readers: readonly Reader[], env: Env): Promise<Buffer | null> {
  let found: Buffer | null = null;
  for (const reader of readers) {
    const printed = await run(reader, env);
    if (printed !== null && printed.length > 0) return printed;
    found ??= printed;
  }
  return found;
}
