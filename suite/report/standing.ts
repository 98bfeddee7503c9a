/** How each route stands after a run: what the run itself shows, and for what it did not ask, the committed evidence. */

import { type Fingerprints, type readEvidence, staleness } from '@banyan/gateway/evidence/evidence.ts';
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import type { Result } from '../result.ts';

export type Standing = 'green' | 'divergent' | 'uncovered' | 'stale';
export type Standings = Readonly<Record<RouteKey, Standing>>;

/** The committed evidence, and what it has to be of. */
export interface KnownEvidence {
  found: ReturnType<typeof readEvidence>;
  running: Fingerprints;
}

/**
 * @param everything the run had every recording: then nothing but itself counts
 * @param evidence undefined where the application keeps none
 */
export function standingsOf(
  result: Result,
  everything: boolean,
  evidence: KnownEvidence | undefined,
): Standings {
  return Object.fromEntries(
    Object.entries(result.routes).map(([route, { exchanges, divergent, untested }]): [string, Standing] => {
      if (divergent > 0) return [route, 'divergent'];
      if (result.probes[route]?.state === 'wrong') return [route, 'uncovered'];
      if (everything) return [route, exchanges > untested ? 'green' : 'uncovered'];
      if (!evidence || !('routes' in evidence.found)) return [route, 'uncovered'];
      const known = evidence.found.routes[route];
      if (!known) return [route, 'uncovered'];
      return [route, staleness(evidence.found, evidence.running) ? 'stale' : known.state];
    }),
  );
}
