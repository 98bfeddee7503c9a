/** The faults of state continuity themselves: that they can be planted, and that the tests are there that see them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { patternOf } from '@banyan/suite/mutants/continuity/trials.ts';
import { planted } from '@banyan/suite/mutants/mutant.ts';
import { expect, it } from 'vitest';
import { continuityFaults } from './catalogue.ts';

const root = join(import.meta.dirname, '../../..');

it('plants at least ten faults, each of which applies to the code as it is', async () => {
  expect(continuityFaults.length).toBeGreaterThanOrEqual(10);
  expect(new Set(continuityFaults.map(({ name }) => name)).size).toBe(continuityFaults.length);
  for (const fault of continuityFaults) {
    const source = await readFile(join(root, fault.file), 'utf8');
    expect(planted(fault, source)).not.toBe(source);
  }
});

it('names tests that there are', async () => {
  for (const { name, seenBy } of continuityFaults) {
    const source = await readFile(join(root, 'gateway/continuity', seenBy.file), 'utf8');
    // Of a title that is filled in, what stands before.
    expect(source, name).toContain(seenBy.title.split('"')[0]);
  }
});

it('asks for one form of the database, and takes a title as it is written', () => {
  expect(patternOf({ file: '', title: 'says 502 (of "it")' })).toBe('^PGlite > says 502 \\(of "it"\\)');
  expect(patternOf({ file: '', title: 'says', on: 'PostgreSQL' })).toBe('^PostgreSQL > says');
});
