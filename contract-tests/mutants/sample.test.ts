/** A few of the planted faults, others each day: that the suite still sees them. */
import { join } from 'node:path';
import { listRecordings, readRecording } from '@banyan/gateway/record/read-recording.ts';
import { readAccepted } from '@banyan/suite/accepted.ts';
import { today } from '@banyan/suite/clock.ts';
import { dayNumber, sampleOf } from '@banyan/suite/mutants/choose.ts';
import { Rounds } from '@banyan/suite/mutants/rounds.ts';
import { readSeen } from '@banyan/suite/mutants/seen.ts';
import { trials } from '@banyan/suite/mutants/trials.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chatbotTable } from '../../services/chatbot-table.ts';
import { type ChatbotBackends, freshBackends } from '../fresh/backends.ts';
import { setUp } from '../setup.ts';
import { mutants } from './catalogue/index.ts';
import { plantedFaults } from './planted-faults.ts';

const root = join(import.meta.dirname, '../..');
const recordings = join(root, 'contract-tests/recordings');
const day = today(Date.now());
const sample = sampleOf(mutants, 1, dayNumber(day));

let backends: ChatbotBackends;
beforeAll(async () => {
  backends = await freshBackends({ root, table: chatbotTable, ...(await setUp()) });
});
afterAll(() => backends.close());

it(`sees the faults of the day: ${sample.map(({ name }) => name).join(', ')}`, async () => {
  const rules = await readAccepted(join(root, 'contract-tests/accepted.yaml'));
  const names = await listRecordings(recordings);
  const read = await Promise.all(names.map((name) => readRecording(join(recordings, `${name}.har`))));
  const { startLegacy } = backends;
  const rounds = new Rounds(
    { table: chatbotTable, rules, today: day, startLegacy },
    read,
    await readSeen(plantedFaults),
  );
  const verdicts = await trials({ copy: plantedFaults.copy, rounds, lanes: 2 }, sample);
  expect([...verdicts].filter(([, { end }]) => end !== 'caught')).toEqual([]);
}, 600_000);
