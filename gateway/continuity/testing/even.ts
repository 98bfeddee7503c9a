import type { OpenContinuity } from '../continuity.ts';

/** Longer than any test may take to get there; a test that waits in vain says what is missing instead of timing out. */
const patience = 60_000;

/** Resolves once both backends have every write. */
export async function untilEven({ journal, resolver }: OpenContinuity): Promise<void> {
  for (const end = performance.now() + patience; ; ) {
    const { open, owed, left } = journal.lag.counts();
    if (open + owed + left === 0) return;
    if (performance.now() > end)
      throw new Error(`After ${patience} ms ${open} writes are open, ${owed} owed, ${left} left behind.`);
    await resolver.idle();
    await journal.lag.change(1000);
  }
}
