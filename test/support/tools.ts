// Programs that some tests need: where one is not installed they say so and are skipped.
import { spawnSync } from 'node:child_process';

/** Why a test that needs this program is skipped; false when it is there. `argument` makes it say its version and end. */
export function missing(program: string, argument = '--version'): false | string {
  return spawnSync(program, [argument], { stdio: 'ignore' }).status === 0
    ? false
    : `${program} is not installed`;
}
