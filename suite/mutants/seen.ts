/** Which recording showed each planted fault last, so that the next run begins with it: most of a run is replays in vain. */
import { readFile, writeFile } from 'node:fs/promises';
import type { PlantedFaults } from './planted-faults.ts';
import type { Verdict } from './trials.ts';

/** By the fault's name. */
export async function readSeen({ seen }: Pick<PlantedFaults, 'seen'>): Promise<Record<string, string>> {
  return JSON.parse(await readFile(seen, 'utf8')) as Record<string, string>;
}

export async function keepSeen(
  faults: Pick<PlantedFaults, 'mutants' | 'seen'>,
  verdicts: ReadonlyMap<string, Verdict>,
): Promise<void> {
  const before = await readSeen(faults);
  const now = faults.mutants.flatMap(({ name }) => {
    const verdict = verdicts.get(name);
    const by = verdict?.end === 'caught' ? verdict.by.recording : before[name];
    return by === undefined ? [] : [[name, by] as const];
  });
  await writeFile(faults.seen, `${JSON.stringify(Object.fromEntries(now), null, 2)}\n`);
}
