/** Writes the evidence of a run: what was found of each route, for the code and the recordings that are there. */
import { writeFile } from 'node:fs/promises';
import type { AcceptedRule } from '@banyan/compare/accept.ts';
import {
  type EvidenceFile,
  type Fingerprints,
  type RouteEvidence,
  type readEvidence,
  staleness,
} from '@banyan/gateway/evidence/evidence.ts';
import type { ExchangeOutcome } from './compared.ts';
import type { Result } from './result.ts';

export interface EvidenceInput {
  result: Result;
  outcomes: readonly ExchangeOutcome[];
  rules: readonly AcceptedRule[];
  fingerprints: Fingerprints;
  /** What is in the file. */
  before: ReturnType<typeof readEvidence>;
}

/** What a run of everything says of each route. What generated sequences said of the same code stays. */
export function evidenceOf({ result, outcomes, rules, fingerprints, before }: EvidenceInput): EvidenceFile {
  const known = 'routes' in before ? before.routes : {};
  const kept = 'routes' in before && !staleness(before, fingerprints) ? before.routes : {};
  const routes = Object.keys(result.routes).map((route): [string, RouteEvidence] => {
    const of = outcomes.filter((outcome) => outcome.route === route && outcome.outcome !== 'untested');
    const accepted = acceptedIn(of, rules, known[route]?.accepted ?? {});
    return [
      route,
      {
        state: stateOf(of),
        recordings: [...new Set(of.map(({ recording }) => recording))],
        sequences: kept[route]?.sequences ?? 0,
        exchanges: of.length,
        accepted,
        ...(result.probes[route] && { probe: result.probes[route] }),
      },
    ];
  });
  return { ...fingerprints, routes: Object.fromEntries(routes) };
}

/**
 * How often, by rule, in the register's order. How far work in the background was when it was looked at changes these
 * numbers from run to run: where a rule was needed before, its number of then stays, so that a run that found nothing new
 * changes nothing in the file.
 */
function acceptedIn(
  outcomes: readonly ExchangeOutcome[],
  rules: readonly AcceptedRule[],
  before: Readonly<Record<string, number>>,
): Record<string, number> {
  const now = outcomes.flatMap(({ compared }) => compared).flatMap(({ judgement }) => judgement.accepted);
  return Object.fromEntries(
    rules.flatMap(({ name, dependsOnTiming }) => {
      const count = now.filter(({ rule }) => rule === name).length;
      const stays = count > 0 || dependsOnTiming ? before[name] : undefined;
      return (stays ?? count) > 0 ? [[name, stays ?? count] as const] : [];
    }),
  );
}

/**
 * Adds generated sequences that agreed to what the recordings said of the same code: of two runs the longer one counts, as
 * the same seeds are the same sequences.
 */
export function withSequences(file: EvidenceFile, sequences: Readonly<Record<string, number>>): EvidenceFile {
  const routes = Object.entries(file.routes).map(([route, found]): [string, RouteEvidence] => [
    route,
    { ...found, sequences: Math.max(found.sequences, sequences[route] ?? 0) },
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
