/**
 * Evidence: what the contract suite found of each route, for one version of the code and of the recordings. The file is
 * committed and travels with the code; a route is flipped to `new` only where it is green and of the code that runs.
 */
import { readFileSync } from 'node:fs';
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import { z } from 'zod';

const routeEvidence = z.object({
  state: z.enum(['green', 'divergent', 'uncovered']),
  /** Names of the recordings that cover it. */
  recordings: z.array(z.string()),
  /** Generated sequences that covered it. */
  sequences: z.int().default(0),
  /** Exchanges compared with the new backend. */
  exchanges: z.int(),
  /** How often each rule of the register accepted a difference. */
  accepted: z.record(z.string(), z.int()),
  /** Of a write: whether the route table's probe finds one that happened, and none that did not. */
  probe: z.object({ state: z.enum(['proven', 'untried', 'wrong']), fault: z.string().optional() }).optional(),
});
export type RouteEvidence = z.infer<typeof routeEvidence>;

const evidenceFile = z.object({
  /** Of the new backend: its sources, the route table, migrations, the lock file. */
  code: z.string(),
  recordings: z.string(),
  /** Quirks that it did not have any more. */
  retired: z.array(z.string()),
  routes: z.record(z.string(), routeEvidence),
});
export type EvidenceFile = z.infer<typeof evidenceFile>;

/** What evidence has to be of. */
export type Fingerprints = Pick<EvidenceFile, 'code' | 'recordings' | 'retired'>;

export interface Evidence {
  /** Why a route may not be flipped, as a sentence that says what to do; undefined where it may. Never throws. */
  lacking(route: RouteKey): string | undefined;
}

export interface EvidenceOptions {
  /** Read anew each time: a run of the suite may have written it meanwhile. */
  file: string;
  /** Of the code that runs: taken once, before anybody can edit it. */
  running: Fingerprints;
  /** What makes new evidence. */
  command: string;
}

export function committedEvidence({ file, running, command }: EvidenceOptions): Evidence {
  return {
    lacking(route) {
      const read = readEvidence(file);
      const fault = 'fault' in read ? read.fault : faultOf(read, route, running);
      return fault && `${fault} Run \`${command}\`, and commit what it writes.`;
    },
  };
}

/** @returns the file, or a sentence that says why there is none */
export function readEvidence(file: string): EvidenceFile | { fault: string } {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return { fault: 'There is no evidence yet.' };
  }
  try {
    return evidenceFile.parse(JSON.parse(text));
  } catch {
    return { fault: 'The evidence cannot be read.' };
  }
}

/** What makes evidence stale; undefined where it is of this code. */
export function staleness(found: Fingerprints, running: Fingerprints): string | undefined {
  if (found.code !== running.code) return 'The evidence is of other code than the one that runs.';
  if (found.recordings !== running.recordings) return 'The evidence is of other recordings.';
  if (found.retired.toSorted().join() !== running.retired.toSorted().join())
    return 'The evidence is of a backend with other quirks retired.';
  return undefined;
}

function faultOf(read: EvidenceFile, route: RouteKey, running: Fingerprints): string | undefined {
  const stale = staleness(read, running);
  if (stale) return stale;
  const found = read.routes[route];
  if (!found || found.state === 'uncovered') return `No recording covers \`${route}\`.`;
  if (found.state !== 'green') return `\`${route}\` diverges from legacy.`;
  return found.probe?.state === 'wrong'
    ? `The route table's probe of \`${route}\` is wrong: ${found.probe.fault}.`
    : undefined;
}
