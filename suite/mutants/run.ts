/** `npm run contract -- --mutants`: plants faults in copies of the new backend, and fails unless the suite sees each. */

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { listRecordings, readRecording } from '@banyan/gateway/record/read-recording.ts';
import { whenAskedToStop } from '@banyan/gateway/terminal/stop-signal.ts';
import { readAccepted } from '../accepted.ts';
import type { TestedApplication } from '../application.ts';
import { today } from '../clock.ts';
import type { Paint } from '../report/terminal.ts';
import type { StartBackend } from '../running-backend.ts';
import { UsageError } from '../usage-error.ts';
import { dayNumber, sampleOf } from './choose.ts';
import { runContinuityFaults } from './continuity/run.ts';
import type { Mutant } from './mutant.ts';
import type { PlantedFaults } from './planted-faults.ts';
import { Rounds } from './rounds.ts';
import { keepSeen, readSeen } from './seen.ts';
import { trials, type Verdict } from './trials.ts';

/** @returns the exit code: 0 when every planted fault was seen for what it is */
export async function runMutants(
  args: string[],
  paint: Paint,
  application: TestedApplication | undefined,
): Promise<number> {
  const { freshBackends, faults } = application ?? {};
  if (!application || !freshBackends || !faults)
    throw new UsageError('--mutants: this application has no faults to plant');
  const { chosen, lanes, continuity } = choiceOf(args, faults.mutants);
  if (continuity) {
    if (!faults.continuity) throw new UsageError('--continuity: this application has no such faults');
    return runContinuityFaults({ ...faults.continuity, lanes, paint, only: continuity.only });
  }
  const backends = await freshBackends({ retired: [] });
  const interrupted = () => void backends.close().finally(() => process.exit(130));
  whenAskedToStop(interrupted);
  const begun = performance.now();
  try {
    const rounds = await roundsOf(application, faults, backends.startLegacy);
    const width = Math.max(...chosen.map(({ name }) => name.length));
    const onVerdict = ({ name }: Mutant, verdict: Verdict) =>
      console.log(lineOf(name.padEnd(width), verdict, paint));
    const verdicts = await trials({ copy: faults.copy, rounds, lanes, onVerdict }, chosen);
    await keepSeen(faults, verdicts);
    const caught = [...verdicts.values()].filter(({ end }) => end === 'caught').length;
    const took = ((performance.now() - begun) / 1000).toFixed(1);
    console.log(`${caught} of ${chosen.length} planted faults were seen, in ${took} s.`);
    return caught === chosen.length ? 0 : 1;
  } finally {
    await backends.close();
  }
}

async function roundsOf(
  { table, recordings: folder, accepted }: TestedApplication,
  faults: PlantedFaults,
  startLegacy: StartBackend,
): Promise<Rounds> {
  const names = await listRecordings(folder);
  const recordings = await Promise.all(names.map((name) => readRecording(join(folder, `${name}.har`))));
  const rules = accepted === undefined ? [] : await readAccepted(accepted);
  const options = { table, rules, today: today(Date.now()), startLegacy };
  return new Rounds(options, recordings, await readSeen(faults));
}

function lineOf(name: string, verdict: Verdict, paint: Paint): string {
  if (verdict.end === 'caught') {
    const { recording, exchange, request, place } = verdict.by;
    return `${paint('green', '✓')} ${name}  ${recording} #${exchange}  ${shortened(request)}  ${place}`;
  }
  const why = {
    missed: ({ recordings, elsewhere }: Verdict & { end: 'missed' }) =>
      elsewhere
        ? `seen at another place alone: ${elsewhere.recording} #${elsewhere.exchange} ${shortened(elsewhere.request)} ${elsewhere.place}`
        : `not seen by ${recordings.join(', ') || 'any recording: none asks its routes'}`,
    crashed: ({ why: how }: Verdict & { end: 'crashed' }) => `it crashed, which is no catch: ${how}`,
    'does not apply': ({ why: text }: Verdict & { end: 'does not apply' }) => text,
    'does not start': ({ why: text }: Verdict & { end: 'does not start' }) => `it does not start: ${text}`,
  }[verdict.end](verdict as never);
  return `${paint('red', '✗')} ${name}  ${why}`;
}

const shortened = (request: string) => (request.length > 60 ? `${request.slice(0, 59)}…` : request);

interface Choice {
  chosen: readonly Mutant[];
  lanes: number;
  /** Faults of state continuity instead. */
  continuity?: { only: string[] | undefined };
}

function choiceOf(args: string[], mutants: readonly Mutant[]): Choice {
  const text = { type: 'string' } as const;
  let values: {
    continuity?: boolean | undefined;
    only?: string[] | undefined;
    sample?: string | undefined;
    seed?: string | undefined;
    lanes?: string | undefined;
  };
  try {
    ({ values } = parseArgs({
      args,
      options: {
        mutants: { type: 'boolean' },
        continuity: { type: 'boolean' },
        only: { ...text, multiple: true },
        sample: text,
        seed: text,
        lanes: text,
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const lanes = whole('--lanes', values.lanes) ?? 2;
  if (values.continuity) return { chosen: [], lanes, continuity: { only: values.only } };
  const unknown = values.only?.find((name) => !mutants.some((mutant) => mutant.name === name));
  if (unknown !== undefined)
    throw new UsageError(
      `There is no planted fault "${unknown}"; there are: ${mutants.map(({ name }) => name).join(', ')}`,
    );
  if (values.only) return { chosen: mutants.filter(({ name }) => values.only?.includes(name)), lanes };
  const sample = whole('--sample', values.sample);
  if (sample === undefined) return { chosen: mutants, lanes };
  const seed = whole('--seed', values.seed) ?? dayNumber(today(Date.now()));
  return { chosen: sampleOf(mutants, sample, seed), lanes };
}

function whole(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text);
  throw new UsageError(`${option} must be a whole number above 0, not "${text}"`);
}
