/** A gateway that is killed in the middle of a write. */
import { onTestFinished } from 'vitest';
import { type Failpoint, onFailpoint } from '../failpoints.ts';
import type { Rig } from './rig.ts';

class Killed extends Error {}

/** At the point the rig's gateway is killed, once. To be called in a test. @returns what resolves then */
export function killAt(rig: Rig, point: Failpoint): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let isDone = false;
  onTestFinished(
    onFailpoint(point, () => {
      if (isDone) return;
      isDone = true;
      rig.kill();
      resolve();
      throw new Killed();
    }),
  );
  return promise;
}
