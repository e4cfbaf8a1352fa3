// How a call's screen is divided among its people; pure.
import type { Region } from './renderer.js';

/** `split`: all alike; `large`: the others large, oneself small; `others`: oneself hidden. */
export const layouts = ['split', 'large', 'others'] as const;
export type LayoutName = (typeof layouts)[number];

export interface Tile {
  readonly id: number;
  /** Row for the name, above the picture. */
  readonly nameRow: number;
  readonly picture: Region;
}

const selfId = 0;

/** Tiles for the people (oneself is number 0) in so many columns and rows. */
export function layoutOf(people: readonly number[], name: LayoutName, columns: number, rows: number): Tile[] {
  const others = people.filter((id) => id !== selfId);
  const hasSelf = people.includes(selfId);
  if (others.length === 0 || name === 'split' || !hasSelf) {
    // Others come first: they are what one looks at.
    return grid([...others, ...(hasSelf ? [selfId] : [])], { row: 0, column: 0, rows, columns });
  }
  if (name === 'others') return grid(others, { row: 0, column: 0, rows, columns });
  const isWide = columns > rows * 2.2;
  const small = isWide ? Math.max(12, Math.floor(columns / 4)) : Math.max(5, Math.floor(rows / 4));
  const large: Region = isWide
    ? { row: 0, column: 0, rows, columns: columns - small }
    : { row: 0, column: 0, rows: rows - small, columns };
  const rest: Region = isWide
    ? { row: 0, column: columns - small, rows: Math.min(rows, Math.ceil(small / 2)), columns: small }
    : { row: rows - small, column: 0, rows: small, columns: Math.min(columns, small * 3) };
  return [...grid(others, large), ...grid([selfId], rest)];
}

/** Divides a region into equal tiles, as near to the shape of a picture as it goes. */
function grid(ids: readonly number[], region: Region): Tile[] {
  if (ids.length === 0) return [];
  let best = { across: 1, area: -1 };
  for (let across = 1; across <= ids.length; across++) {
    const down = Math.ceil(ids.length / across);
    const width = Math.floor(region.columns / across);
    const height = Math.floor(region.rows / down) - 1;
    // A picture of 4 to 3 in cells twice as high as wide.
    const shown = Math.min(width, (height * 8) / 3);
    const area = shown * shown;
    if (area > best.area) best = { across, area };
  }
  const down = Math.ceil(ids.length / best.across);
  const width = Math.floor(region.columns / best.across);
  const height = Math.floor(region.rows / down);
  return ids.map((id, at) => {
    const row = region.row + Math.floor(at / best.across) * height;
    const column = region.column + (at % best.across) * width;
    // One column stays free between neighbours.
    const columns = Math.max(1, width - (best.across > 1 ? 1 : 0));
    return { id, nameRow: row, picture: { row: row + 1, column, rows: Math.max(1, height - 1), columns } };
  });
}

/** The largest part of a region with the shape of a picture, in its middle; `cellShape` is a cell's width by its height. */
export function fitted(region: Region, width: number, height: number, cellShape: number): Region {
  const shape = width / height / cellShape;
  const columns = Math.max(1, Math.min(region.columns, Math.floor(region.rows * shape)));
  const rows = Math.max(1, Math.min(region.rows, Math.round(columns / shape)));
  return {
    row: region.row + Math.floor((region.rows - rows) / 2),
    column: region.column + Math.floor((region.columns - columns) / 2),
    rows,
    columns,
  };
}
