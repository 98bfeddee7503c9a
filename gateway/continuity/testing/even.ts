import type { OpenContinuity } from '../continuity.ts';

/** Resolves once both sides have everything. */
export async function untilEven({ journal, resolver }: OpenContinuity): Promise<void> {
  for (;;) {
    const { open, owed, left } = journal.lag.counts();
    if (open + owed + left === 0) return;
    await resolver.idle();
    await journal.lag.change(1000);
  }
}
