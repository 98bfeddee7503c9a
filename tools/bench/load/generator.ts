/** Chooses what makes load on an address. */
import { installed, versionOf } from '../system/tools.ts';
import { autocannon } from './autocannon.ts';
import type { LoadGenerator } from './load.ts';
import { wrk } from './wrk.ts';

/** wrk where it is installed; else autocannon, which comes with the dependencies, and uses more of its core. */
export function loadGenerator(): LoadGenerator {
  const program = installed('wrk');
  return program ? wrk(program, versionOf(program, '-v')) : autocannon();
}
