/** One of the faults of state continuity, another one each day: that its test still sees it. */
import { today } from '@banyan/suite/clock.ts';
import { dayNumber, sampleOf } from '@banyan/suite/mutants/choose.ts';
import { testFiles } from '@banyan/suite/mutants/continuity/test-files.ts';
import { trials } from '@banyan/suite/mutants/continuity/trials.ts';
import { expect, it } from 'vitest';
import { root } from '../../setup.ts';
import { plantedFaults } from '../planted-faults.ts';
import { continuityFaults } from './catalogue/index.ts';

// A server to start costs more than all the rest.
const cheap = continuityFaults.filter(({ seenBy }) => seenBy.on === undefined);
const sample = sampleOf(cheap, 1, dayNumber(today(Date.now())));

it(`sees the fault of the day: ${sample.map(({ name }) => name).join()}`, async () => {
  const { copy, tests } = plantedFaults.continuity;
  const files = await testFiles(root, tests, sample);
  const verdicts = await trials({ copy, files, lanes: 1 }, sample);
  expect([...verdicts].filter(([, { end }]) => end !== 'caught')).toEqual([]);
}, 120_000);
