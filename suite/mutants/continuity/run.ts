/** `npm run contract -- --mutants --continuity`: plants faults in state continuity, and fails unless its tests see each. */
import type { Paint } from '../../report/terminal.ts';
import { UsageError } from '../../usage-error.ts';
import type { TestedFaults } from '../planted-faults.ts';
import { testFiles } from './test-files.ts';
import { trials, type Verdict, withoutFault } from './trials.ts';

export interface ContinuityRun extends TestedFaults {
  /** Names; all of them unless told. */
  only?: readonly string[] | undefined;
  lanes: number;
  paint: Paint;
}

/** @returns the exit code: 0 when every planted fault was seen. @throws UsageError; Error where its tests fail by themselves */
export async function runContinuityFaults(run: ContinuityRun): Promise<number> {
  const { only, lanes, paint, copy } = run;
  const unknown = only?.find((name) => !run.faults.some((fault) => fault.name === name));
  if (unknown !== undefined)
    throw new UsageError(
      `There is no fault "${unknown}"; there are: ${run.faults.map(({ name }) => name).join(', ')}`,
    );
  const faults = run.faults.filter(({ name }) => !only || only.includes(name));
  const files = await testFiles(copy.root, run.tests, faults);
  const wrong = await withoutFault(copy.root, files, faults);
  if (wrong.length > 0) throw new Error(`Without any fault:\n${wrong.join('\n')}`);
  const width = Math.max(...faults.map(({ name }) => name.length));
  const begun = performance.now();
  const verdicts = await trials(
    {
      copy,
      files,
      lanes,
      onVerdict: ({ name }, verdict, took) =>
        console.log(
          `${lineOf(`${name.padEnd(width)}  ${files.get(name)}`, verdict, paint)}  (${(took / 1000).toFixed(0)} s)`,
        ),
    },
    faults,
  );
  const caught = [...verdicts.values()].filter(({ end }) => end === 'caught').length;
  const took = ((performance.now() - begun) / 1000).toFixed(0);
  console.log(`${caught} of ${faults.length} planted faults were seen, in ${took} s.`);
  return caught === faults.length ? 0 : 1;
}

function lineOf(where: string, verdict: Verdict, paint: Paint): string {
  if (verdict.end !== 'caught') {
    const why = 'why' in verdict ? `: ${verdict.why}` : '';
    return `${paint('red', '✗')} ${where}  ${verdict.end}${why}`;
  }
  const [first] = verdict.by;
  return `${paint('green', '✓')} ${where}: ${shortened(first?.title ?? '')}  ${shortened(first?.why ?? '')}`;
}

const shortened = (text: string) => (text.length > 90 ? `${text.slice(0, 89)}…` : text);
