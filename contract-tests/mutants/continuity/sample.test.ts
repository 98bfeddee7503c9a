/** One of the faults of state continuity, another one each day: that its test still sees it. */
import { join } from 'node:path';
import { today } from '@banyan/suite/clock.ts';
import { dayNumber, sampleOf } from '@banyan/suite/mutants/choose.ts';
import { trials } from '@banyan/suite/mutants/continuity/trials.ts';
import { expect, it } from 'vitest';
import { continuityFaults } from './catalogue.ts';

const root = join(import.meta.dirname, '../../..');
// A server to start costs more than all the rest.
const cheap = continuityFaults.filter(({ seenBy }) => seenBy.on === undefined);
const sample = sampleOf(cheap, 1, dayNumber(today(Date.now())));

it(`sees the fault of the day: ${sample.map(({ name }) => name).join()}`, async () => {
  const verdicts = await trials({ root, lanes: 1 }, sample);
  expect([...verdicts].filter(([, { end }]) => end !== 'caught')).toEqual([]);
}, 120_000);
