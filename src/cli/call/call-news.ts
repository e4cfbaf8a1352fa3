// What is told of a call while it goes on, to people and scripts.
import type { CallMediaEvents, MediaStats } from '../../media/media.js';
import type { CallEnd, CallMedia as MediaKind } from '../../protocol/call-shapes.js';
import type { PytalkError } from '../../protocol/errors.js';

/** What happens in a call, in the words of `--json` (docs/CLI.md). Persons by username. */
export type CallNews =
  | { type: 'ringing'; call: string; with: string; from: string; media: MediaKind }
  | { type: 'connected'; call: string; with: string; safetyNumber: string | null }
  | {
      type: 'participant';
      user: string;
      joined: boolean;
      muted: boolean;
      camera: boolean;
      screen: boolean;
      recording: boolean;
      away: boolean;
    }
  | { type: 'path'; path: MediaStats['path'] | null }
  | { type: 'muted'; muted: boolean }
  | { type: 'camera' | 'screen'; on: boolean }
  | { type: 'recording'; on: boolean; path: string; error: PytalkError | null }
  | {
      type: 'problem';
      part: CallMediaEvents['problem']['part'];
      error: PytalkError;
      retryInMs: number | null;
    }
  | { type: 'ended'; call: string; reason: CallEnd; durationMs: number; error: PytalkError | null };
