/** A bounded run of generated sequences on the real backends: one seed that is always the same, and the day's. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAccepted } from '@banyan/suite/accepted.ts';
import { today } from '@banyan/suite/clock.ts';
import { campaign } from '@banyan/suite/fuzz/campaign.ts';
import { findLines, seedOfDay } from '@banyan/suite/fuzz/report.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chatbotTable } from '../../services/chatbot-table.ts';
import { type ChatbotBackends, freshBackends } from '../fresh/backends.ts';
import { setUp } from '../setup.ts';
import { chatbot } from './chatbot.ts';

const root = join(import.meta.dirname, '../..');
const day = today(Date.now());
/** Of each of the two runs, in milliseconds. */
const TIME = 8_000;

let folder: string;
let backends: ChatbotBackends;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'banyan-fuzz-'));
  const setup = await setUp();
  backends = await freshBackends({ root, table: chatbotTable, ...setup });
});
afterAll(async () => {
  await backends.close();
  await rm(folder, { recursive: true, force: true });
});

it.each([
  ['the seed of every day', 1],
  ['the seed of this day', seedOfDay(day)],
])(
  'finds no divergence between the backends, from %s on (%i)',
  async (_, seed) => {
    const accepted = await readAccepted(join(root, 'contract-tests/accepted.yaml'));
    const found: string[] = [];
    const tally = await campaign({
      table: chatbotTable,
      grammar: chatbot,
      today: day,
      folder,
      seed,
      lanes: 2,
      runs: 1000,
      time: TIME,
      most: 1,
      rules: accepted.filter(({ quirk }) => quirk === undefined),
      startLegacy: backends.startLegacy,
      startNew: backends.startNew,
      onFind: (find, confirmed) =>
        void found.push(findLines(find, confirmed, (_style, text) => text).join('\n')),
    });
    expect(found.join('\n')).toBe('');
    expect(tally.exchanges).toBeGreaterThan(0);
  },
  180_000,
);
