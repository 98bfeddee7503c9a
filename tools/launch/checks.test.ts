import { expect, it } from 'vitest';
import { countTests } from './checks.ts';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});

function result(files: ReturnType<typeof file>[], todo = 0): string {
  const count = (status: string) =>
    files.flatMap((each) => each.assertionResults).filter((each) => each.status === status).length;
  return JSON.stringify({
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    numPendingTests: count('skipped'),
    numTodoTests: todo,
    testResults: files,
  });
}

const good = file('passed', 'passed', 'passed', 'skipped');

it('counts what passed, failed and was skipped', () => {
  const json = result([good, file('failed', 'failed', 'passed')], 1);
  expect(countTests(json, 1)).toEqual({ passed: 3, failed: 1, skipped: 2 });
});

it.each([
  ['a file that could not be loaded', result([good, file('failed')]), 1],
  ['a file whose hook failed after its tests had passed', result([good, file('failed', 'passed')]), 1],
  ['an error outside of any test', result([good]), 1],
  ['a run that wrote nothing', undefined, 0],
  ['a run that found no test', result([]), 0],
  ['a run that skipped all it found', result([file('passed', 'skipped')]), 0],
])('counts %s as a failure', (_, json, exitCode) => {
  expect(countTests(json, exitCode).failed).toBe(1);
});
