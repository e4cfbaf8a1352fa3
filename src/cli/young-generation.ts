// How much memory V8 sets aside for young objects while the server loads.
import { setFlagsFromString } from 'node:v8';

/*
 * The modules of a program survive every collection, from which V8 concludes that its young generation is too small:
 * it is at its largest, 32 MB, before the server listens, and stays there. Held while loading, it grows afterwards as
 * the load demands (to 8 MB in a large transfer). V8 reads this flag only when it is about to grow.
 */

/** Keeps it at its first size, 2 MB, until `letYoungGenerationGrow`. */
export function holdYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** From here on V8 decides by itself, as without `holdYoungGeneration`. */
export function letYoungGenerationGrow(): void {
  setFlagsFromString('--semi-space-growth-factor=2');
}
