/** Replays that start from a saved state of the legacy app's files, on both sides. */
import { join } from 'node:path';
import { type Recording, readRecording } from '@banyan/gateway/record/read-recording.ts';
import { resultOf } from '@banyan/suite/result.ts';
import type { StartBackend } from '@banyan/suite/running-backend.ts';
import { runSuite } from '@banyan/suite/suite.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chatbotTable } from '../services/chatbot-table.ts';
import { type ChatbotBackends, freshBackends } from './fresh/backends.ts';
import { setUp } from './setup.ts';

const root = join(import.meta.dirname, '..');
const today = '2026-01-31';
let backends: ChatbotBackends;
let saved: Recording;

beforeAll(async () => {
  const setup = await setUp();
  backends = await freshBackends({ root, table: chatbotTable, ...setup });
  saved = await readRecording(join(root, 'contract-tests/recordings/saved-chats.har'));
});
afterAll(() => backends.close());

async function divergences(startNew: StartBackend, startLegacy: StartBackend = backends.startLegacy) {
  const outcomes = await runSuite({
    table: chatbotTable,
    recordings: [saved],
    rules: [],
    today,
    startLegacy,
    startNew,
    patience: 1000,
  });
  return resultOf({ table: chatbotTable, rules: [], today, outcomes, implemented: undefined }).divergences;
}

it('names the folder that it starts from', () => {
  expect(saved.state).toBe(join(root, 'contract-tests/recordings/states/three-chats'));
  expect(saved.exchanges[0]?.answer.body.length).toBeGreaterThan(500);
});

it('gives legacy the files and imports them into the new backend, and the two agree', async () => {
  expect(await divergences(backends.startNew)).toEqual([]);
}, 60_000);

it('is seen to diverge where either starts with nothing', async () => {
  const ours = await divergences(() => backends.startNew());
  expect(ours[0]).toMatchObject({ pair: 'legacy-new', request: 'GET /api/chats' });
  const legacy = await divergences(backends.startNew, () => backends.startLegacy());
  expect(legacy[0]).toMatchObject({ pair: 'recording-legacy', request: 'GET /api/chats' });
}, 60_000);
