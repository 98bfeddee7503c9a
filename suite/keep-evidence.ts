/** Keeps what a run found where the application keeps its evidence, if it is of the code that ran. */
import { relative } from 'node:path';
import { type Fingerprints, readEvidence, staleness } from '@banyan/gateway/evidence/evidence.ts';
import type { EvidencePlace } from './application.ts';
import { type EvidenceInput, evidenceOf, withSequences, writeEvidence } from './evidence.ts';

/** @returns a sentence that says whether evidence was written, and where */
export async function keepEvidence(
  { file, fingerprints }: EvidencePlace,
  run: Omit<EvidenceInput, 'before'>,
): Promise<string> {
  const { result, fingerprints: before } = run;
  if (staleness(before, fingerprints(before.retired)))
    return 'No evidence was written: the code was changed while the suite ran.';
  if (result.expiredRules.length + result.unusedRules.length + result.values.undeclared.length > 0)
    return 'No evidence was written: what is wrong with the register or the route table comes first.';
  const evidence = evidenceOf({ ...run, before: readEvidence(file) });
  await writeEvidence(file, evidence);
  const green = Object.values(evidence.routes).filter(({ state }) => state === 'green').length;
  return `Evidence for ${green} of ${Object.keys(evidence.routes).length} routes is in ${relative(process.cwd(), file)}: commit it with the code.`;
}

/**
 * Adds how many generated sequences asked each route, where there is evidence of the code that was asked.
 * @returns a sentence that says so
 */
export async function keepSequences(
  { file, fingerprints }: EvidencePlace,
  sequences: Readonly<Record<string, number>>,
  asked: Fingerprints,
): Promise<string> {
  const evidence = readEvidence(file);
  if (
    !('routes' in evidence) ||
    staleness(evidence, asked) ||
    staleness(evidence, fingerprints(asked.retired))
  )
    return 'No evidence was added to: `npm run contract` has to write some of this code first.';
  await writeEvidence(file, withSequences(evidence, sequences));
  return `How many sequences asked each route is in ${relative(process.cwd(), file)}.`;
}
