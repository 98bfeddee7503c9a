/** Draws flips between the requests of a sequence: mostly of single routes, now and then of all at once. */

import type { Route, RouteTable } from '@banyan/route-table/route-table.ts';
import fc from 'fast-check';
import type { Flips } from '../../fresh/gateway.ts';
import type { Drawn } from '../drawn.ts';

/** About one flip a request. */
const flipsOf = (table: RouteTable): fc.Arbitrary<Flips> => {
  const one = fc.oneof(...table.routes.map(flipOf));
  const all = fc
    .constantFrom('new' as const, 'legacy' as const)
    .map((mode) => Object.fromEntries(table.routes.map(({ key }) => [key, mode])));
  return fc.oneof(
    { weight: 5, arbitrary: fc.constant({}) },
    { weight: 6, arbitrary: one },
    { weight: 3, arbitrary: fc.tuple(one, one).map((both) => Object.assign({}, ...both) as Flips) },
    { weight: 1, arbitrary: all },
  );
};

function flipOf({ key, path }: Route): fc.Arbitrary<Flips> {
  const modes = fc.oneof(
    { weight: 5, arbitrary: fc.constant('new' as const) },
    { weight: 3, arbitrary: fc.constant('legacy' as const) },
    { weight: 1, arbitrary: fc.constant('shadow' as const) },
    ...(path.includes(':') ? [{ weight: 1, arbitrary: fc.constant('canary:50%' as const) }] : []),
  );
  return modes.map((mode) => ({ [key]: mode }));
}

/** @returns the same sequences with flips in them; without its flips a sequence is simpler */
export function withFlips(table: RouteTable, sequences: fc.Arbitrary<Drawn[]>): fc.Arbitrary<Drawn[]> {
  const flips = flipsOf(table);
  return sequences.chain((drawn) =>
    fc
      .tuple(...drawn.map(() => flips))
      .map((each) => drawn.map((one, i) => ({ ...one, flips: each[i] ?? {} }))),
  );
}
