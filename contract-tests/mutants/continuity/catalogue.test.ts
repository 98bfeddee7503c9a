/** The faults of state continuity themselves: that they can be planted, and that the tests are there that see them. */
import { testFiles } from '@banyan/suite/mutants/continuity/test-files.ts';
import { patternOf } from '@banyan/suite/mutants/continuity/trials.ts';
import { Sources } from '@banyan/suite/mutants/sources.ts';
import { expect, it } from 'vitest';
import { root } from '../../setup.ts';
import { plantedFaults } from '../planted-faults.ts';
import { continuityFaults } from './catalogue/index.ts';

const { copy, tests } = plantedFaults.continuity;

it('plants at least ten faults, each of which applies to the code as it is', async () => {
  expect(continuityFaults.length).toBeGreaterThanOrEqual(10);
  expect(new Set(continuityFaults.map(({ name }) => name)).size).toBe(continuityFaults.length);
  const sources = await Sources.of(root, copy.searched);
  for (const fault of continuityFaults) {
    const { source, planted } = sources.plant(fault);
    expect(planted, fault.name).not.toBe(source);
  }
});

it('names tests that there are', async () => {
  const files = await testFiles(root, tests, continuityFaults);
  expect(files.size).toBe(continuityFaults.length);
});

it('says which fault has lost its test', async () => {
  const [fault] = continuityFaults;
  if (!fault) throw new Error('There is no fault.');
  const lost = { ...fault, seenBy: { title: 'has a title that no test has' } };
  await expect(testFiles(root, tests, [lost])).rejects.toThrow(
    `"${fault.name}": no test in ${tests} is called "has a title that no test has". Write the title`,
  );
});

it('asks for one form of the database, and takes a title as it is written', () => {
  expect(patternOf({ title: 'says 502 (of "it")' })).toBe('^PGlite > says 502 \\(of "it"\\)');
  expect(patternOf({ title: 'says', on: 'PostgreSQL' })).toBe('^PostgreSQL > says');
});
