/** Plants faults in copies of the source and runs the tests that have to fail with them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings, settingNames } from '@banyan/gateway/settings.ts';
import { MutantDoesNotApply } from '../mutant.ts';
import type { CopyOptions } from '../planted-faults.ts';
import { SourceCopy } from '../source-copy.ts';
import type { ContinuityFault } from './fault.ts';

export type Verdict =
  /** `by`: the titles of the tests that failed, with the first line of why. */
  | { end: 'caught'; by: { title: string; why: string }[] }
  | { end: 'missed' }
  | { end: 'does not apply' | 'does not run'; why: string };

export interface TrialsOptions {
  copy: CopyOptions;
  /** The file of the tests that have to see it, by the fault's name. */
  files: ReadonlyMap<string, string>;
  /** Copies at once. */
  lanes: number;
  onVerdict?: (fault: ContinuityFault, verdict: Verdict, milliseconds: number) => void;
}

/** @returns by the fault's name */
export async function trials(
  { copy: options, files, lanes, onVerdict }: TrialsOptions,
  faults: readonly ContinuityFault[],
): Promise<ReadonlyMap<string, Verdict>> {
  const verdicts = new Map<string, Verdict>();
  const waiting = [...faults];
  const lane = async () => {
    const copy = await SourceCopy.of(options);
    try {
      for (let fault = waiting.shift(); fault; fault = waiting.shift()) {
        const began = performance.now();
        const verdict = await verdictOn(copy, options.root, files.get(fault.name) ?? '', fault);
        verdicts.set(fault.name, verdict);
        onVerdict?.(fault, verdict, performance.now() - began);
      }
    } finally {
      await copy.remove();
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(lanes, faults.length)) }, lane));
  return verdicts;
}

async function verdictOn(
  copy: SourceCopy,
  root: string,
  file: string,
  fault: ContinuityFault,
): Promise<Verdict> {
  let restore: () => Promise<void>;
  try {
    restore = await copy.plant(fault);
  } catch (error) {
    if (error instanceof MutantDoesNotApply) return { end: 'does not apply', why: error.message };
    throw error;
  }
  try {
    return await run(copy, root, file, fault);
  } finally {
    await restore();
  }
}

interface Report {
  testResults: {
    message?: string;
    assertionResults: { title: string; status: string; failureMessages: string[] }[];
  }[];
}

async function run(
  { folder }: SourceCopy,
  root: string,
  file: string,
  { seenBy }: ContinuityFault,
): Promise<Verdict> {
  const found = await runTests(folder, root, file, patternOf(seenBy));
  if (typeof found === 'string') return { end: 'does not run', why: found };
  const failed = found.filter(({ status }) => status === 'failed');
  if (failed.length === 0) return { end: 'missed' };
  const by = failed.map(({ title, failureMessages: [first = ''] }) => ({
    title,
    why: first.split('\n')[0] ?? '',
  }));
  return { end: 'caught', by };
}

/** The same tests with nothing planted. @returns what fails all the same, or does not run; empty, if all is well */
export async function withoutFault(
  root: string,
  files: TrialsOptions['files'],
  faults: readonly ContinuityFault[],
): Promise<string[]> {
  const wrong: string[] = [];
  for (const file of new Set(faults.map(({ name }) => files.get(name) ?? ''))) {
    const patterns = faults
      .filter(({ name }) => files.get(name) === file)
      .map(({ seenBy }) => patternOf(seenBy));
    const found = await runTests(root, root, file, [...new Set(patterns)].join('|'));
    if (typeof found === 'string') wrong.push(`${file}: ${found}`);
    else
      for (const { title, status } of found) if (status === 'failed') wrong.push(`${file}: "${title}" fails`);
  }
  return wrong;
}

type Ran = Report['testResults'][number]['assertionResults'];

/** @returns the tests that ran; why there are none */
async function runTests(folder: string, root: string, file: string, pattern: string): Promise<Ran | string> {
  const place = await mkdtemp(join(tmpdir(), 'banyan-report-'));
  const report = join(place, 'report.json');
  try {
    const child = spawn(
      process.execPath,
      [
        ...['node_modules/vitest/vitest.mjs', 'run', file],
        ...['-t', pattern, '--reporter=json', `--outputFile=${report}`],
      ],
      { cwd: folder, env: environment(root), stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-500);
    });
    await once(child, 'close');
    const text = await readFile(report, 'utf8').catch(() => undefined);
    if (text === undefined) return said;
    const { testResults } = JSON.parse(text) as Report;
    const ran = testResults.flatMap(({ assertionResults }) =>
      assertionResults.filter(({ status }) => status === 'passed' || status === 'failed'),
    );
    return ran.length > 0 ? ran : testResults[0]?.message || `no test is called ${pattern}`;
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

export function patternOf({ title, on }: ContinuityFault['seenBy']): string {
  const words = title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return `^${on ?? 'PGlite'} > ${words}`;
}

/** Nothing of this test run, if it is one; what is set up once is shared. */
function environment(root: string): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('VITEST') && !settingNames.includes(name),
  );
  return { ...Object.fromEntries(kept), BANYAN_SETUP: readSettings(process.env, root).setupFolder };
}
