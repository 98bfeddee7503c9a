/** Plants faults one after the other in several copies at once, and says of each whether it was seen. */
import { type Mutant, MutantDoesNotApply } from './mutant.ts';
import type { ServedCopy } from './planted-faults.ts';
import type { Outcome, Rounds } from './rounds.ts';
import { DoesNotStart, Workshop } from './workshop.ts';

export type Verdict =
  | Outcome
  | { end: 'does not apply'; why: string }
  | { end: 'does not start'; why: string };

export interface TrialsOptions {
  copy: ServedCopy;
  rounds: Rounds;
  /** Copies at once. */
  lanes: number;
  onVerdict?: (mutant: Mutant, verdict: Verdict) => void;
}

/** @returns by the fault's name */
export async function trials(
  options: TrialsOptions,
  mutants: readonly Mutant[],
): Promise<ReadonlyMap<string, Verdict>> {
  const verdicts = new Map<string, Verdict>();
  const waiting = [...mutants];
  const lane = async () => {
    const workshop = await Workshop.open(options.copy);
    try {
      for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
        const verdict = await verdictOn(options.rounds, workshop, mutant);
        verdicts.set(mutant.name, verdict);
        options.onVerdict?.(mutant, verdict);
      }
    } finally {
      await workshop.close();
    }
  };
  const lanes = Array.from({ length: Math.max(1, Math.min(options.lanes, mutants.length)) }, lane);
  await Promise.allSettled(lanes);
  await Promise.all(lanes);
  return verdicts;
}

async function verdictOn(rounds: Rounds, workshop: Workshop, mutant: Mutant): Promise<Verdict> {
  try {
    return await rounds.judge(workshop, mutant);
  } catch (error) {
    if (error instanceof MutantDoesNotApply) return { end: 'does not apply', why: error.message };
    if (error instanceof DoesNotStart) return { end: 'does not start', why: error.message };
    throw error;
  }
}
