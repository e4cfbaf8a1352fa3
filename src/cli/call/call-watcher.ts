// Who wants to see and hear of a call's pictures and sound.
import type { CallMedia, CallMediaEvents } from '../../media/media.js';

export interface CallWatcher {
  self(event: CallMediaEvents['self']): void;
  frame(event: CallMediaEvents['frame']): void;
  selfScreen?(event: CallMediaEvents['selfScreen']): void;
  screen?(event: CallMediaEvents['screen']): void;
  /** Sound is decoded for this, and for `heard`. */
  level?: (event: CallMediaEvents['level']) => void;
  /** A participant has left. */
  gone?(id: number): void;
  sound?(event: CallMediaEvents['sound']): void;
  heard?: (event: CallMediaEvents['heard']) => void;
}

/** Tells those who want it how loud everybody is and what is heard; listens to the media for nobody else. Returns the undo. */
export function listenFor(all: Iterable<CallWatcher>, media: Pick<CallMedia, 'on'>): () => void {
  const undo: (() => void)[] = [];
  for (const { level, heard } of all) {
    if (level) undo.push(media.on('level', level));
    if (heard) undo.push(media.on('heard', heard));
  }
  return () => undo.forEach((one) => one());
}
