/** Compares only while nothing changes that the comparison rests on: what was found otherwise is thrown away. */
import type { Lag } from '../journal/lag/lag.ts';
import type { Comparison, Disturbance } from './outcome.ts';

export interface QuietOptions {
  lag: Lag;
  /**
   * Further counters of a key that must not change while it is compared, as legacy's restarts and the gateway's own late sends. A
   * counter that returns to an earlier value would hide a change, so each one only grows.
   */
  counters?: ((key: string) => readonly number[]) | undefined;
}

export async function whileQuiet(
  key: string,
  { lag, counters = () => [] }: QuietOptions,
  look: () => Promise<Comparison>,
): Promise<Comparison> {
  const before = counters(key);
  const watch = lag.watch({ keys: [key], every: [] });
  if (!watch || lag.leftOf([key]).length > 0) {
    watch?.end();
    return { outcome: 'disturbed', why: whatDisturbs(lag, key) };
  }
  try {
    const comparison = await look();
    if (watch.isDisturbed) return { outcome: 'disturbed', why: 'written' };
    return haveChanged(before, counters(key)) ? { outcome: 'disturbed', why: 'changed' } : comparison;
  } finally {
    watch.end();
  }
}

/** What keeps a key from being compared now. */
export function whatDisturbs(lag: Lag, key: string): Disturbance {
  const sides = (['legacy', 'new'] as const).map((side) => lag.behind(side, { keys: [key], every: [] }));
  if (lag.leftOf([key]).length > 0 || sides.some(({ pinned }) => pinned)) return 'stuck';
  return sides.some(({ open }) => open) ? 'written' : 'owed';
}

export const haveChanged = (before: readonly number[], after: readonly number[]): boolean =>
  before.length !== after.length || before.some((count, i) => count !== after[i]);
