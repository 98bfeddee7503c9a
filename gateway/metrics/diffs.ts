/** What comparing both backends has found, as metrics. */
import { Counter, type Registry } from 'prom-client';
import type { Diffs } from '../continuity/diff/diffs.ts';
import { lookedAt } from './process.ts';

export function registerDiffs(
  registry: Registry,
  diffs: Pick<Diffs, 'counts' | 'differentKeys' | 'lastClean'>,
): void {
  const counter: Counter = new Counter({
    name: 'banyan_diff_keys_total',
    help: 'Keys of which both backends were compared, by what came of it',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      counter.reset();
      for (const [outcome, count] of Object.entries(diffs.counts)) counter.inc({ outcome }, count);
    },
  });
  lookedAt(registry, 'banyan_diff_different_keys', 'Keys that differ, as far as is known', [], (gauge) =>
    gauge.set(diffs.differentKeys),
  );
  lookedAt(
    registry,
    'banyan_diff_last_clean_timestamp_seconds',
    'When the last clean diff of everything began; 0: none since the start',
    [],
    (gauge) => gauge.set(diffs.lastClean),
  );
}
