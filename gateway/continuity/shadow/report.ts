/** Counts what came of a comparison, and logs a divergence. */
import type { AcceptedRule } from '@banyan/compare/accept.ts';
import type { Logger } from '../../log.ts';
import { compareReads, type TwoReads } from './compare-reads.ts';
import type { Tally } from './tally.ts';

export interface Reporting {
  tally: Tally;
  rules: readonly AcceptedRule[];
  log: Logger;
}

/** @param reads how many reads the comparison stands for */
export function report(two: TwoReads, { tally, rules, log }: Reporting, reads = 1): void {
  const { key } = two;
  const judgement = compareReads(two, rules);
  tally.compared(key, judgement, { legacy: two.legacy, new: two.new });
  tally.of(key)[judgement.verdict] += reads - 1;
  // Places, not values: a body may hold secrets.
  const places = judgement.differences.map(({ place, kind }) => `${place} (${kind})`);
  if (judgement.verdict === 'divergent')
    log.warn(
      { route: key, places: places.slice(0, 10) },
      'the new backend answers a read differently from legacy',
    );
}
