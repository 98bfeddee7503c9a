/** Writes the evidence of a run: what was found of each route, for the code and the recordings that are there. */
import { writeFile } from 'node:fs/promises';
import {
  type EvidenceFile,
  type Fingerprints,
  type RouteEvidence,
  type readEvidence,
  staleness,
} from '../gateway/evidence/evidence.ts';
import type { Result } from './result.ts';
import type { ExchangeOutcome } from './suite.ts';

/** What a run of everything says of each route. What generated sequences said of the same code stays. */
export function evidenceOf(
  result: Result,
  outcomes: readonly ExchangeOutcome[],
  fingerprints: Fingerprints,
  before: ReturnType<typeof readEvidence>,
): EvidenceFile {
  const kept = 'routes' in before && !staleness(before, fingerprints) ? before.routes : {};
  const routes = Object.keys(result.routes).map((route): [string, RouteEvidence] => {
    const of = outcomes.filter((outcome) => outcome.route === route && outcome.outcome !== 'untested');
    const rules = of.flatMap(({ compared }) => compared).flatMap(({ judgement }) => judgement.accepted);
    const accepted: Record<string, number> = {};
    for (const { rule } of rules) accepted[rule] = (accepted[rule] ?? 0) + 1;
    return [
      route,
      {
        state: stateOf(of),
        recordings: [...new Set(of.map(({ recording }) => recording))],
        sequences: kept[route]?.sequences ?? 0,
        exchanges: of.length,
        accepted,
      },
    ];
  });
  return { ...fingerprints, routes: Object.fromEntries(routes) };
}

/** Adds the generated sequences that agreed to what the recordings said of the same code; else there is nothing to add to. */
export function withSequences(file: EvidenceFile, sequences: Readonly<Record<string, number>>): EvidenceFile {
  const routes = Object.entries(file.routes).map(([route, found]): [string, RouteEvidence] => [
    route,
    { ...found, sequences: found.sequences + (sequences[route] ?? 0) },
  ]);
  return { ...file, routes: Object.fromEntries(routes) };
}

export async function writeEvidence(path: string, file: EvidenceFile): Promise<void> {
  await writeFile(path, `${JSON.stringify(file, null, 2)}\n`);
}

function stateOf(outcomes: readonly ExchangeOutcome[]): RouteEvidence['state'] {
  if (outcomes.length === 0) return 'uncovered';
  return outcomes.some(({ outcome }) => outcome === 'divergent') ? 'divergent' : 'green';
}
