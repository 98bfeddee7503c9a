/** How each route stands after a run: what the run itself shows, and for what it did not ask, the committed evidence. */

import { type Fingerprints, type readEvidence, staleness } from '@banyan/gateway/evidence/evidence.ts';
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import type { Result } from '../result.ts';

export type Standing = 'green' | 'divergent' | 'uncovered' | 'stale';
export type Standings = Readonly<Record<RouteKey, Standing>>;

/** @param everything the run had every recording: then nothing but itself counts */
export function standingsOf(
  result: Result,
  everything: boolean,
  evidence: ReturnType<typeof readEvidence>,
  running: Fingerprints,
): Standings {
  return Object.fromEntries(
    Object.entries(result.routes).map(([route, { exchanges, divergent, untested }]): [string, Standing] => {
      if (divergent > 0) return [route, 'divergent'];
      if (result.probes[route]?.state === 'wrong') return [route, 'uncovered'];
      if (everything) return [route, exchanges > untested ? 'green' : 'uncovered'];
      const known = 'routes' in evidence ? evidence.routes[route] : undefined;
      if (!('routes' in evidence) || !known) return [route, 'uncovered'];
      return [route, staleness(evidence, running) ? 'stale' : known.state];
    }),
  );
}
