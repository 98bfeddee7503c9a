/** A gateway that is killed in the middle of a write. */
import { onTestFinished } from 'vitest';
import { type Failpoint, onFailpoint } from '../failpoints.ts';
import type { Rig } from './rig.ts';

class Killed extends Error {}

/** The nth time that the point is passed the rig's gateway is killed, once. To be called in a test. @returns what resolves then */
export function killAt(rig: Rig, point: Failpoint, nth = 1): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let passed = 0;
  onTestFinished(
    onFailpoint(point, () => {
      passed += 1;
      if (passed !== nth) return;
      rig.kill();
      resolve();
      throw new Killed();
    }),
  );
  return promise;
}
