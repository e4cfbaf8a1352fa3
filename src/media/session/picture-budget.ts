// How a person's two pictures share what the way carries, so that neither starves the other; pure.

/** A second picture changes little and wants to be sharp: it may have so much. */
const screenShare = 0.4;
/** While it stands still, so much is kept for it, and this much more than it takes. */
const leastShare = 0.15;
const headroom = 1.25;

export interface PictureLoad {
  /** Whether pictures were sent lately. */
  readonly isActive: boolean;
  /** Bits a second that are sent now. */
  readonly bps: number;
}

/** Shares of `bps`, which is for pictures alone; null where no limit is known. A picture that is alone has all of it. */
export function budgetsOf(
  bps: number | null,
  { video, screen }: { video: PictureLoad; screen: PictureLoad },
): { video: number | null; screen: number | null } {
  if (bps === null) return { video: null, screen: null };
  const most = bps * screenShare;
  if (!screen.isActive) return { video: bps, screen: most };
  const kept = Math.min(most, Math.max(bps * leastShare, screen.bps * headroom));
  return { video: bps - kept, screen: video.isActive ? most : bps };
}
