/** What comes of comparing what both backends show. */
import type { Difference } from '@banyan/compare/answer.ts';
import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';
import type { TwoAnswers } from '../protocol/entry.ts';

/** Left is legacy. */
export interface ShownDifference extends Difference {
  route: RouteKey;
}

/**
 * Why nothing can be said: a write is under way or came meanwhile (`written`), a backend is still to be given a write (`owed`) or will
 * not be given it until a person has decided (`stuck`), or something else changed that the comparison rests on (`changed`).
 */
export type Disturbance = 'written' | 'owed' | 'stuck' | 'changed';

export type Comparison =
  | { outcome: 'equal'; legacyLacks: readonly ShownDifference[] }
  | {
      outcome: 'different';
      differences: readonly ShownDifference[];
      /** What the new backend shows and legacy has forgotten, as the route table says that it may. */
      legacyLacks: readonly ShownDifference[];
      /** What both answered where they differ, by route. */
      answers: ReadonlyMap<RouteKey, TwoAnswers>;
    }
  | { outcome: 'disturbed'; why: Disturbance }
  | { outcome: 'unavailable'; side: BackendName; reason: string };

/** What several reads of one entity, or several lists, come to together. */
export function together(comparisons: readonly Comparison[]): Comparison {
  const undecided = comparisons.find(({ outcome }) => outcome === 'disturbed' || outcome === 'unavailable');
  if (undecided) return undecided;
  const legacyLacks = comparisons.flatMap((each) => ('legacyLacks' in each ? each.legacyLacks : []));
  const different = comparisons.filter((each) => each.outcome === 'different');
  if (different.length === 0) return { outcome: 'equal', legacyLacks };
  return {
    outcome: 'different',
    differences: different.flatMap(({ differences }) => differences),
    legacyLacks,
    answers: new Map(different.flatMap(({ answers }) => [...answers])),
  };
}
