// What goes on beside a call whatever shows it: figures, a recording, a page; opened before it rings, so that what cannot be is said at once.
import type { Context } from '../context.js';
import type { CallOptions } from './call-options.js';
import type { LiveCall } from './live-call.js';
import { writeDescription } from '../../media/rtp-out.js';
import { openCallRecording } from './call-recording.js';
import { openStatsLines } from './stats-lines.js';

export interface CallFollower {
  /** Follows this call until it is over. */
  follow(live: LiveCall): void;
  /** Idempotent; resolves when everything is written. */
  close(): Promise<void>;
}

/** Opens what the options ask for; it is closed when the command ends. Rejects with `usage`, `file-exists`, `file-unwritable` or `web-failed`. */
export async function openFollowers(context: Context, options: CallOptions): Promise<CallFollower[]> {
  const { out, io, say } = context;
  const { stats, record, web, setup, sdp } = options;
  const followers: CallFollower[] = [];
  const add = (follower: CallFollower): void => {
    context.closeLater(() => follower.close());
    followers.push(follower);
  };
  if (setup.rtpOut !== null && sdp !== null) await writeDescription(setup.rtpOut, sdp);
  if (stats !== null) {
    const write = (line: unknown): void => out.event(line);
    add(await openStatsLines(stats, write, () => io.now()));
  }
  if (web !== null) {
    const { openCallWeb } = await import('../web/call-web.js');
    add(await openCallWeb(context, web));
  }
  if (record !== null) add(await openCallRecording(record, say));
  return followers;
}
