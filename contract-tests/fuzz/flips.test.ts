/** A bounded run of generated sequences with flips between the requests: `npm run fuzz -- --flips` goes on for longer. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAccepted } from '@banyan/suite/accepted.ts';
import { today } from '@banyan/suite/clock.ts';
import { campaign } from '@banyan/suite/fuzz/campaign.ts';
import { betweenLegacies } from '@banyan/suite/fuzz/play/play.ts';
import { findLines } from '@banyan/suite/fuzz/report.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chatbotTable } from '../../services/chatbot-table.ts';
import { type ChatbotBackends, freshBackends } from '../fresh/backends.ts';
import { setUp } from '../setup.ts';
import { chatbot } from './chatbot.ts';

const root = join(import.meta.dirname, '../..');

let folder: string;
let backends: ChatbotBackends;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'banyan-fuzz-flips-'));
  const setup = await setUp();
  backends = await freshBackends({ root, table: chatbotTable, ...setup });
}, 120_000);
afterAll(async () => {
  await backends.close();
  await rm(folder, { recursive: true, force: true });
});

it('shows clients nothing, across flips, that one run of legacy alone could not have shown', async () => {
  const accepted = await readAccepted(join(root, 'contract-tests/accepted.yaml'));
  const found: string[] = [];
  const tally = await campaign({
    table: chatbotTable,
    grammar: chatbot,
    today: today(Date.now()),
    folder,
    seed: 1,
    lanes: 2,
    runs: 1000,
    time: 10_000,
    most: 1,
    flips: true,
    budget: 20_000,
    patience: betweenLegacies,
    rules: accepted.filter(({ quirk }) => quirk === undefined),
    startLegacy: backends.startLegacy,
    startNew: backends.startGateway,
    onFind: (find, confirmed) =>
      void found.push(findLines(find, confirmed, (_style, text) => text).join('\n')),
  });
  expect(found.join('\n')).toBe('');
  expect(tally.faults).toEqual({});
  expect(tally.flips).toBeGreaterThan(0);
}, 180_000);
