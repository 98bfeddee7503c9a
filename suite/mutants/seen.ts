/** Which recording showed each planted fault last, so that the next run begins with it: most of a run is replays in vain. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mutants } from '../../contract-tests/mutants/catalogue/index.ts';
import type { Verdict } from './trials.ts';

const file = join(import.meta.dirname, '../../contract-tests/mutants/seen.json');

/** By the fault's name. */
export async function readSeen(): Promise<Record<string, string>> {
  return JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
}

export async function keepSeen(verdicts: ReadonlyMap<string, Verdict>): Promise<void> {
  const before = await readSeen();
  const now = mutants.flatMap(({ name }) => {
    const verdict = verdicts.get(name);
    const by = verdict?.end === 'caught' ? verdict.by.recording : before[name];
    return by === undefined ? [] : [[name, by] as const];
  });
  await writeFile(file, `${JSON.stringify(Object.fromEntries(now), null, 2)}\n`);
}
