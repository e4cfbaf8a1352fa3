// Matroska (RFC 9559) as bytes: the head with its tracks, clusters, blocks and cues of a recording; pure functions.
import { sampleRate } from '../media.js';
import { date, element, filler, float, opened, text, uint, vint } from './ebml.js';

/** IDs of elements (RFC 9559, section 5). */
const id = {
  ebml: 0x1a45dfa3,
  ebmlVersion: 0x4286,
  ebmlReadVersion: 0x42f7,
  ebmlMaxIdLength: 0x42f2,
  ebmlMaxSizeLength: 0x42f3,
  docType: 0x4282,
  docTypeVersion: 0x4287,
  docTypeReadVersion: 0x4285,
  segment: 0x18538067,
  seekHead: 0x114d9b74,
  seek: 0x4dbb,
  seekId: 0x53ab,
  seekPosition: 0x53ac,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  duration: 0x4489,
  dateUtc: 0x4461,
  muxingApp: 0x4d80,
  writingApp: 0x5741,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  flagLacing: 0x9c,
  name: 0x536e,
  language: 0x22b59c,
  codecId: 0x86,
  codecPrivate: 0x63a2,
  codecDelay: 0x56aa,
  seekPreRoll: 0x56bb,
  video: 0xe0,
  flagInterlaced: 0x9a,
  pixelWidth: 0xb0,
  pixelHeight: 0xba,
  audio: 0xe1,
  samplingFrequency: 0xb5,
  channels: 0x9f,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
  cues: 0x1c53bb6b,
  cuePoint: 0xbb,
  cueTime: 0xb3,
  cueTrackPositions: 0xb7,
  cueTrack: 0xf7,
  cueClusterPosition: 0xf1,
} as const;

/** Timestamps are milliseconds. */
const timestampScaleNs = 1_000_000;
/** How much later than its sound the coder gives it: libopus' look-ahead at 48 kHz, in samples and nanoseconds. */
const preSkipSamples = 312;
const codecDelayNs = (preSkipSamples * 1e9) / sampleRate;
/** What a decoder needs before it is right after a jump (RFC 7845, section 4.6). */
const seekPreRollNs = 80_000_000;

/** One track: pictures as they come from a camera, or sound as Opus. */
export type Track = { readonly number: number; readonly name: string } & (
  { readonly kind: 'pictures'; readonly width: number; readonly height: number } | { readonly kind: 'sound' }
);

/**
 * Room for the head. Matroska declares tracks before their blocks, and people come later: the head is written anew in its place
 * then. It holds the tracks of a group of 50, whatever their names.
 */
export const headBytes = 32 * 1024;

export interface HeadInfo {
  readonly tracks: readonly Track[];
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly app: string;
  /** Once it is whole: its length, and where its cues are, from the beginning of the file. */
  readonly end: { readonly durationMs: number; readonly cuesAt: number | null } | null;
}

const ebmlHeader = element(
  id.ebml,
  uint(id.ebmlVersion, 1),
  uint(id.ebmlReadVersion, 1),
  uint(id.ebmlMaxIdLength, 4),
  uint(id.ebmlMaxSizeLength, 8),
  text(id.docType, 'matroska'),
  uint(id.docTypeVersion, 4),
  uint(id.docTypeReadVersion, 2),
);
/** Positions inside the segment count from here. */
const segmentAt = ebmlHeader.length + opened(id.segment).length;

/** Everything before the first cluster, in exactly `headBytes`; null when the tracks do not fit. */
export function head({ tracks, startedAt, app, end }: HeadInfo): Buffer | null {
  const cuesAt = end?.cuesAt ?? null;
  const info = element(
    id.info,
    uint(id.timestampScale, timestampScaleNs),
    ...(end ? [float(id.duration, end.durationMs)] : []),
    date(id.dateUtc, startedAt),
    text(id.muxingApp, app),
    text(id.writingApp, app),
  );
  const content = Buffer.concat([
    ebmlHeader,
    // Clusters of unknown size belong into a segment of unknown size.
    opened(id.segment),
    ...(cuesAt === null ? [] : [seekHead(cuesAt)]),
    info,
    element(id.tracks, ...tracks.map(trackEntry)),
  ]);
  if (content.length > headBytes) return null;
  const rest = filler(headBytes - content.length);
  return rest && Buffer.concat([content, rest]);
}

function seekHead(cuesAt: number): Buffer {
  const which = Buffer.alloc(4);
  which.writeUInt32BE(id.cues);
  const seek = element(id.seek, element(id.seekId, which), uint(id.seekPosition, cuesAt - segmentAt));
  return element(id.seekHead, seek);
}

/** Section 5.1.4.1. Its UID is its number: a recording stands alone. */
function trackEntry(track: Track): Buffer {
  return element(
    id.trackEntry,
    uint(id.trackNumber, track.number),
    uint(id.trackUid, track.number),
    uint(id.trackType, track.kind === 'pictures' ? 1 : 2),
    uint(id.flagLacing, 0),
    text(id.name, track.name),
    text(id.language, 'und'),
    ...(track.kind === 'pictures' ? pictures(track) : sound()),
  );
}

function pictures({ width, height }: { width: number; height: number }): Buffer[] {
  const size = [uint(id.pixelWidth, width), uint(id.pixelHeight, height)];
  // 2: progressive.
  return [text(id.codecId, 'V_MJPEG'), element(id.video, uint(id.flagInterlaced, 2), ...size)];
}

function sound(): Buffer[] {
  return [
    text(id.codecId, 'A_OPUS'),
    element(id.codecPrivate, opusHead()),
    uint(id.codecDelay, codecDelayNs),
    uint(id.seekPreRoll, seekPreRollNs),
    element(id.audio, float(id.samplingFrequency, sampleRate), uint(id.channels, 1)),
  ];
}

/** The identification header of Opus (RFC 7845, section 5.1): one channel, no gain. */
function opusHead(): Buffer {
  const bytes = Buffer.from('OpusHead\u0001\u0001'.padEnd(19, '\0'), 'latin1');
  bytes.writeUInt16LE(preSkipSamples, 10);
  bytes.writeUInt32LE(sampleRate, 12);
  return bytes;
}

/** The beginning of a cluster; it ends where the next one begins. */
export function clusterStart(atMs: number): Buffer {
  return Buffer.concat([opened(id.cluster), uint(id.timestamp, atMs)]);
}

/** How far the blocks of a cluster may be from its beginning: 16 bits with a sign. */
export const maxBlockOffsetMs = 0x7fff;

/** Section 10.2: every picture stands alone, and so does every packet of Opus; `offsetMs` from the cluster's beginning. */
export function simpleBlock(track: number, offsetMs: number, data: Buffer): Buffer {
  const place = Buffer.alloc(3);
  place.writeInt16BE(offsetMs, 0);
  place[2] = 0x80;
  return element(id.simpleBlock, vint(track), place, data);
}

/** Where one can jump to; `position` counts from the beginning of the file. */
export interface Cue {
  readonly atMs: number;
  readonly track: number;
  readonly position: number;
}

export function cues(points: readonly Cue[]): Buffer {
  const point = ({ atMs, track, position }: Cue): Buffer =>
    element(
      id.cuePoint,
      uint(id.cueTime, atMs),
      element(
        id.cueTrackPositions,
        uint(id.cueTrack, track),
        uint(id.cueClusterPosition, position - segmentAt),
      ),
    );
  return element(id.cues, ...points.map(point));
}
