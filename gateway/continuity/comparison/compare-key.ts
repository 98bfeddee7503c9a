/**
 * The one comparison of an entity: what the public reads of both backends show of it. The first sync, audits, the handling of legacy's
 * restarts and `banyan diff` use it. It changes nothing.
 */
import { keyOf } from '../protocol/keys.ts';
import { compareRead, type ReadOptions } from './compare-read.ts';
import { type Comparison, together } from './outcome.ts';
import { type QuietOptions, whileQuiet } from './quiet.ts';
import { entityReads } from './shows.ts';

export type ComparisonOptions = ReadOptions & QuietOptions;

export interface Entity {
  /** The kind, as in the route table's keys. */
  kind: string;
  /** The public id. */
  id: string;
}

/**
 * Asks both backends every read that names the entity and nothing else, one read after the other. Rows of lists are left to
 * `compareList`, which reads each list once for all entities.
 */
export function compareKey({ kind, id }: Entity, options: ComparisonOptions): Promise<Comparison> {
  return whileQuiet(keyOf(kind, id), options, async () => {
    const comparisons: Comparison[] = [];
    for (const { route, parameter } of entityReads(options.sides.table, kind)) {
      const comparison = await compareRead(route, { [parameter]: id }, options);
      comparisons.push(comparison);
      if (comparison.outcome === 'unavailable') break;
    }
    return together(comparisons);
  });
}
