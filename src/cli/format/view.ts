// What is needed to show results to people: language, colours, width, clock.
import type { Say } from '../catalogue/translate.js';
import type { Context } from '../context.js';
import type { Paints } from '../output.js';

export interface View {
  readonly say: Say;
  readonly paint: Paints;
  readonly columns: number;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

export function viewOf(context: Context): View {
  const { out, say, io } = context;
  return { say, paint: out.paint, columns: out.columns, nowMs: io.now() };
}
