/** What `npm test` runs, and how each one's outcome is counted. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChild } from '@banyan/operations/processes/child.mjs';

export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

export interface Check {
  name: string;
  /** Runs it with its output on the terminal. */
  run(context: CheckContext): Promise<Totals>;
}

export interface CheckContext {
  /** The repository's root. */
  root: string;
  env: Record<string, string | undefined>;
  /** What follows `npm test --`. */
  args: string[];
}

/** A tool that says yes or no counts as one. */
function yesOrNo(name: string, tool: string, ...args: string[]): Check {
  return {
    name,
    run: async ({ root, env }) => {
      const { exitCode } = await runTool(root, env, tool, args);
      return exitCode === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
    },
  };
}

const tests: Check = {
  name: 'Tests (vitest)',
  run: async ({ root, env, args }) => {
    const folder = await mkdtemp(join(tmpdir(), 'banyan-test-'));
    const file = join(folder, 'result.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    try {
      const { exitCode } = await runTool(root, env, 'vitest', ['run', ...reporters, ...args]);
      return countTests(await readFile(file, 'utf8').catch(() => undefined), exitCode);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

export const everyCheck: readonly Check[] = [
  yesOrNo('Lint and format (biome)', 'biome', 'check', '.'),
  yesOrNo('Types (tsc)', 'tsc', '--noEmit'),
  tests,
];

/** For `npm test -- PATH`. */
export const testsOnly: readonly Check[] = [tests];

interface VitestResult {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

/**
 * The totals of a vitest run. What vitest does not count as a test and is a failure all the same counts as one: a file that
 * could not be loaded, a run that crashed, that had errors outside of tests, or that found no test.
 * @param json what its JSON reporter wrote, if it got to it
 */
export function countTests(json: string | undefined, exitCode: number): Totals {
  if (json === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const result = JSON.parse(json) as VitestResult;
  const broken = result.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  );
  const totals = {
    passed: result.numPassedTests,
    failed: result.numFailedTests + broken.length,
    skipped: result.numPendingTests + result.numTodoTests,
  };
  const executed = totals.passed + totals.failed;
  if (totals.failed === 0 && (exitCode !== 0 || executed === 0)) totals.failed = 1;
  return totals;
}

function runTool(root: string, env: Record<string, string | undefined>, tool: string, args: string[]) {
  const command = join(root, 'node_modules/.bin', tool);
  return runChild(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
}
