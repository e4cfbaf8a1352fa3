// Reads what a recording writes: EBML elements with or without a size, as a player that takes whatever is there.

const masters = new Set([
  0x1a45dfa3, 0x18538067, 0x114d9b74, 0x4dbb, 0x1549a966, 0x1654ae6b, 0xae, 0xe0, 0xe1, 0x1f43b675,
  0x1c53bb6b, 0xbb, 0xb7,
]);
/** Elements at the first level of a segment: one of them ends a cluster of unknown size. */
const topLevel = new Set([0x114d9b74, 0x1549a966, 0x1654ae6b, 0x1f43b675, 0x1c53bb6b, 0xec]);
const cluster = 0x1f43b675;

export interface Element {
  id: number;
  /** Where it begins in the file. */
  at: number;
  data: Buffer;
  children: Element[];
}

function vintAt(bytes: Buffer, at: number): { length: number; value: number; isUnknown: boolean } | null {
  const first = bytes[at];
  if (first === undefined || first === 0) return null;
  const length = Math.clz32(first) - 23;
  if (at + length > bytes.length) return null;
  let value = first & (0xff >> length);
  let isUnknown = value === 0xff >> length;
  for (const byte of bytes.subarray(at + 1, at + length)) {
    value = value * 256 + byte;
    isUnknown &&= byte === 0xff;
  }
  return { length, value, isUnknown };
}

/** Elements from `at` to `end`; what is cut off at the end is left out. */
function elements(bytes: Buffer, at = 0, end = bytes.length, parent = 0): Element[] {
  const found: Element[] = [];
  while (at < end) {
    const idLength = Math.clz32(bytes[at] ?? 0) - 23;
    if (idLength > 4 || at + idLength > end) break;
    const id = bytes.readUIntBE(at, idLength);
    if (parent === cluster && topLevel.has(id)) break;
    const size = vintAt(bytes, at + idLength);
    if (!size) break;
    const start = at + idLength + size.length;
    let stop = size.isUnknown ? end : start + size.value;
    if (stop > end && !masters.has(id)) break;
    stop = Math.min(stop, end);
    const children = masters.has(id) ? elements(bytes, start, stop, id) : [];
    if (size.isUnknown && id === cluster) {
      const last = children.at(-1);
      stop = last ? endOf(last) : start;
    }
    found.push({ id, at, data: bytes.subarray(start, stop), children });
    at = stop;
    if (size.isUnknown && id === cluster) ends.set(found.at(-1)!, stop);
  }
  for (const one of found)
    if (!ends.has(one)) ends.set(one, one.data.byteOffset - bytes.byteOffset + one.data.length);
  return found;
}

const ends = new WeakMap<Element, number>();
function endOf(element: Element): number {
  return ends.get(element) ?? 0;
}

export function child(element: Element | undefined, id: number): Element | undefined {
  return element?.children.find((one) => one.id === id);
}

export function uintOf(element: Element | undefined): number {
  return element && element.data.length > 0 ? element.data.readUIntBE(0, element.data.length) : NaN;
}

export interface ReadTrack {
  number: number;
  name: string;
  codec: string;
}
export interface ReadBlock {
  track: number;
  atMs: number;
  data: Buffer;
}

/** Tracks and blocks of a file, whole or cut off. */
export function readMatroska(bytes: Buffer): {
  segment: Element;
  tracks: ReadTrack[];
  blocks: ReadBlock[];
  durationMs: number | null;
  clustersAt: number[];
} {
  const segment = elements(bytes).find(({ id }) => id === 0x18538067)!;
  const tracks = child(segment, 0x1654ae6b)!.children.map((entry) => ({
    number: uintOf(child(entry, 0xd7)),
    name: child(entry, 0x536e)!.data.toString(),
    codec: child(entry, 0x86)!.data.toString(),
  }));
  const clusters = segment.children.filter(({ id }) => id === cluster);
  const blocks = clusters.flatMap((one) => {
    const startMs = uintOf(child(one, 0xe7));
    return one.children
      .filter(({ id }) => id === 0xa3)
      .map(({ data }) => {
        const track = vintAt(data, 0)!;
        return {
          track: track.value,
          atMs: startMs + data.readInt16BE(track.length),
          data: data.subarray(track.length + 3),
        };
      });
  });
  const duration = child(child(segment, 0x1549a966), 0x4489);
  return {
    segment,
    tracks,
    blocks,
    durationMs: duration ? duration.data.readDoubleBE(0) : null,
    clustersAt: clusters.map(({ at }) => at),
  };
}
