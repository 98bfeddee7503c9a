/** The planted faults themselves, and what tells a fault that was seen from one that was not. */
import { join } from 'node:path';
import { routeKeys } from '@banyan/route-table/route-table.ts';
import { readAccepted } from '@banyan/suite/accepted.ts';
import { today } from '@banyan/suite/clock.ts';
import { dayNumber, sampleOf } from '@banyan/suite/mutants/choose.ts';
import type { Mutant } from '@banyan/suite/mutants/mutant.ts';
import { Rounds } from '@banyan/suite/mutants/rounds.ts';
import { Sources } from '@banyan/suite/mutants/sources.ts';
import { trials } from '@banyan/suite/mutants/trials.ts';
import { recordingOf } from '@banyan/suite/testing/recording.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chatbotTable } from '../../services/chatbot-table.ts';
import { type ChatbotBackends, freshBackends } from '../fresh/backends.ts';
import { setUp } from '../setup.ts';
import { mutants } from './catalogue/index.ts';
import { plantedFaults } from './planted-faults.ts';

const root = join(import.meta.dirname, '../..');

it('plants at least forty faults, each of which applies to the code as it is', async () => {
  expect(mutants.length).toBeGreaterThanOrEqual(40);
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  const sources = await Sources.of(root, plantedFaults.copy.searched);
  for (const mutant of mutants) {
    const { source, planted } = sources.plant(mutant);
    expect(planted, mutant.name).not.toBe(source);
  }
});

it('plants some in every part of the contract', () => {
  const planted = new Set(mutants.flatMap(({ routes }) => routes));
  expect(routeKeys(chatbotTable).filter((key) => !planted.has(key))).toEqual([]);
});

const fault: Mutant = {
  name: 'a fault',
  in: 'health',
  from: "status: 'healthy'",
  to: "status: 'well'",
  routes: ['GET /api/health'],
  shows: ['body $.status'],
};

it('takes another part of them each day, until all were planted', () => {
  const days = [0, 1, 2, 3].map((day) => sampleOf(mutants, Math.ceil(mutants.length / 4), 20_000 + day));
  expect(new Set(days.flat())).toEqual(new Set(mutants));
  expect(sampleOf(mutants, 3, dayNumber('2026-01-31'))).not.toEqual(
    sampleOf(mutants, 3, dayNumber('2026-02-01')),
  );
});

let backends: ChatbotBackends;
beforeAll(async () => {
  backends = await freshBackends({ root, table: chatbotTable, ...(await setUp()) });
});
afterAll(() => backends.close());

it('tells a fault that is seen from one that is not, from a crash, and from code that does not start', async () => {
  const legacy = await backends.startLegacy();
  const health = await recordingOf(chatbotTable, legacy.url, async (ask) => {
    await ask('GET', '/api/health');
    await ask('GET', '/api/health');
  });
  await legacy.close();
  const rules = await readAccepted(join(root, 'contract-tests/accepted.yaml'));
  const { startLegacy } = backends;
  const rounds = new Rounds({ table: chatbotTable, rules, today: today(Date.now()), startLegacy }, [health]);
  const variants: Mutant[] = [
    fault,
    { ...fault, name: 'nothing wrong', to: "status: ['heal', 'thy'].join('')" },
    { ...fault, name: 'seen elsewhere', shows: ['header Vary'] },
    { ...fault, name: 'not there', from: 'no such text' },
    {
      ...fault,
      name: 'a handler that throws',
      to: 'status: String((undefined as unknown as string).length)',
    },
    { ...fault, name: 'a process that ends', to: 'status: String(process.exit(3))' },
    { ...fault, name: 'no TypeScript', to: 'status: (' },
  ];
  const verdicts = await trials({ copy: plantedFaults.copy, rounds, lanes: 2 }, variants);
  expect(verdicts.get('a fault')).toMatchObject({
    end: 'caught',
    by: { exchange: 1, place: 'body $.status' },
  });
  expect(verdicts.get('nothing wrong')).toMatchObject({ end: 'missed', elsewhere: undefined });
  expect(verdicts.get('seen elsewhere')).toMatchObject({
    end: 'missed',
    elsewhere: { place: 'body $.status' },
  });
  expect(verdicts.get('not there')).toMatchObject({ end: 'does not apply' });
  expect(verdicts.get('a handler that throws')).toMatchObject({ end: 'crashed' });
  expect(verdicts.get('a process that ends')).toMatchObject({ end: 'crashed', why: 'it ended with code 3' });
  expect(verdicts.get('no TypeScript')).toMatchObject({ end: 'does not start' });
}, 300_000);
